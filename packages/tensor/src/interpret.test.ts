import { describe, expect, expectTypeOf, it } from 'vitest'
import { isSnnError, placeholder, scan, tensor, uniform, where, zeros, type Tensor } from './index.js'
import { interpret, numberKernels, referenceKernels, type Kernels } from './for-backends.js'

describe('interpret over numbers', () => {
  const px = placeholder([1])
  const pv = placeholder([1])

  it('runs a neuron on plain numbers, in the form of the tree', () => {
    const v = pv.add(px.sub(pv).div(2))
    const spike = v.ge(1).cast('float32')
    const out = interpret(
      { spike, state: [v.sub(spike.mul(1))] },
      numberKernels,
      new Map([
        [px, 2.4],
        [pv, 0],
      ]),
    )
    expectTypeOf(out.spike).toEqualTypeOf<number>()
    expect(out.spike).toBe(1)
    expect(out.state[0]).toBeCloseTo(0.2, 12)
  })

  it('of every elementwise kind', () => {
    const at = (t: Tensor, x: number): number => interpret(t, numberKernels, new Map([[px, x]]))
    expect(at(px.sigmoid(), 0.3)).toBeCloseTo(1 / (1 + Math.exp(-0.3)), 12)
    expect(at(where(px.lt(0), px.neg(), px.square()), -3)).toBe(3)
    expect(at(px.clip(-1, 1), 7)).toBe(1)
    expect(
      at(
        px
          .cast('int32')
          .div(tensor([2], { dtype: 'int32' }))
          .cast('float32'),
        -7.9,
      ),
    ).toBe(-3)
    expect(at(px.gt(0).and(px.lt(2)).not().cast('float32'), 1)).toBe(0)
    expect(at(px.mod(3), -1)).toBe(2)
    expect(at(zeros([4, 1]).add(px), 5)).toBe(5)
  })

  it('names what has no kernel, no value, or many values', () => {
    const thrown = (t: Tensor): unknown => {
      try {
        return interpret(t, numberKernels, new Map([[px, 1]]))
      } catch (error) {
        return error
      }
    }
    const unsupported = thrown(px.sum())
    expect(isSnnError(unsupported, 'UNSUPPORTED') && unsupported.details.primitive).toBe('reduceSum')
    expect(String(unsupported)).toMatch(/interpret\.test\.ts/)
    const unbound = thrown(px.add(pv))
    expect(isSnnError(unbound, 'UNBOUND') && unbound.details.place).toMatch(/interpret\.test\.ts:7:/)
    expect(isSnnError(thrown(tensor([1, 2]).mul(px)), 'UNSUPPORTED')).toBe(true)
    expect(
      isSnnError(thrown(scan((s: Tensor, x: Tensor) => [s.add(x), {}] as const, px, zeros([2, 1]))[0]), 'UNSUPPORTED'),
    ).toBe(true)
  })
})

describe('interpret over anything', () => {
  it('binds any tensor, whose inputs are then not needed', () => {
    const x = placeholder([2])
    const hidden = x.exp()
    expect(interpret(hidden.mul(2), numberKernels, new Map([[hidden, 4]]))).toBe(8)
  })

  it('over text, scan included', () => {
    const kernels: Kernels<string> = {
      add: ([x, y]) => `(${x} + ${y})`,
      scan: { index: (t) => `${t}`, at: (xs, t) => `${xs}[${t}]`, stack: (values) => `[${values.join(', ')}]` },
    }
    const [s, x] = [placeholder([]), placeholder([3])]
    const [last, all] = scan((s: Tensor, x: Tensor) => [s.add(x), s] as const, s, x)
    expect(
      interpret(
        [last, all],
        kernels,
        new Map([
          [s, 's'],
          [x, 'x'],
        ]),
      ),
    ).toEqual(['(((s + x[0]) + x[1]) + x[2])', '[s, (s + x[0]), ((s + x[0]) + x[1])]'])
  })

  it('over host arrays', () => {
    const x = placeholder([2, 2])
    const value = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2], dtype: 'float32' as const }
    expect(interpret(x.matmul(x).sum(0), referenceKernels, new Map([[x, value]]))).toEqual({
      data: Float32Array.of(22, 32),
      shape: [2],
      dtype: 'float32',
    })
    expect(interpret(uniform([3], { seed: 0 }), referenceKernels).data).toEqual(
      Float32Array.of(0x6627e8, 0xe169c5, 0xbc57ac).map((word) => word / 2 ** 24),
    )
  })
})
