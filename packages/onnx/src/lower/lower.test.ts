import { InferenceSession, Tensor } from 'onnxruntime-node'
import {
  averagePool,
  concat,
  conv,
  isSnnError,
  maxPool,
  placeholder,
  scan,
  tensor,
  uniform,
  variable,
  where,
  type Tensor as Traced,
} from '@snn/tensor'
import type { Graph } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { writeOnnx } from '../write.js'
import { freeSize } from './free-size.js'
import { isLowered, lowerGraph } from './lower.js'

const ops = (graph: Graph): string[] => lowerGraph(graph).nodes.map(({ op }) => op)
const numbers = (...shape: number[]): Traced =>
  tensor({ data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)), shape })

describe('merging', () => {
  const x = placeholder([2, 3, 8, 8])
  const rows = placeholder([4, 6])
  const cases: readonly (readonly [string, readonly Traced[], readonly string[]])[] = [
    [
      'a bias per channel into Conv',
      [
        conv(x, numbers(5, 3, 3, 3))
          .add(numbers(5).reshape([5, 1, 1]))
          .relu(),
      ],
      ['Reshape', 'Reshape', 'Conv', 'Relu'],
    ],
    [
      'a bias and a transposed weight into Gemm',
      [rows.matmul(numbers(5, 6).transpose()).add(numbers(5))],
      ['Reshape', 'Gemm'],
    ],
    [
      'all rows of a sequence into one Gemm',
      [placeholder([7, 4, 6]).matmul(numbers(6, 5)).add(numbers(5))],
      ['Reshape', 'Reshape', 'Gemm', 'Reshape'],
    ],
    ['bounds into Clip', [rows.clip(0, 6)], ['Clip']],
    ['a sigmoid', [rows.sigmoid()], ['Sigmoid']],
    [
      'broadcasts into elementwise operations',
      [
        rows
          .add(placeholder([6]))
          .mul(2)
          .maximum(placeholder([4, 1])),
      ],
      ['Add', 'Mul', 'Max'],
    ],
    ['broadcasts into a choice', [where(rows.ge(1), rows, 0)], ['LessOrEqual', 'Where']],
    [
      'nothing into reshapes and transposes that change nothing',
      [rows.reshape([4, 6]).transpose([0, 1]).add(1)],
      ['Add'],
    ],
  ]
  for (const [name, results, expected] of cases) {
    it(`merges ${name}`, () => expect(ops({ parameters: parametersOf(results), results })).toEqual(expected))
  }

  it('merges no convolution that something else uses too', () => {
    const y = conv(x, numbers(5, 3, 3, 3))
    expect(
      ops({ parameters: [x], results: [y.add(numbers(5).reshape([5, 1, 1])), y] }).filter(
        (op) => op === 'Conv' || op === 'Add',
      ),
    ).toEqual(['Conv', 'Add'])
  })

  it('merges an integrate-and-fire step into four elementwise nodes', () => {
    const v = placeholder([2, 5, 6, 6])
    const v1 = v.add(conv(x, numbers(5, 3, 3, 3)).add(numbers(5, 1, 1)))
    const s = v1.ge(1).cast('float32')
    expect(ops({ parameters: [x, v], results: [s, v1.sub(s)] })).toEqual([
      'Reshape',
      'Conv',
      'Add',
      'LessOrEqual',
      'Cast',
      'Sub',
    ])
  })
})

function parametersOf(results: readonly Traced[]): Traced[] {
  const found = new Set<Traced>()
  const visit = (t: Traced): void =>
    t.node.primitive === 'placeholder' ? void found.add(t) : t.node.inputs.forEach(visit)
  results.forEach(visit)
  return [...found]
}

describe('lowerGraph', () => {
  it('gives equal graphs equal bytes, whatever their tensors are', () => {
    const model = (waste: number) => {
      for (let i = 0; i < waste; i++) placeholder([1])
      const [x, w] = [
        placeholder([2, 3, 8, 8]),
        variable({ data: new Float32Array(135).fill(0.5), shape: [5, 3, 3, 3] }),
      ]
      const read = placeholder([5, 3, 3, 3])
      return writeOnnx(
        lowerGraph(
          { parameters: [x], results: [maxPool(conv(x, read), [2, 2]), x.sum()] },
          {
            constants: new Map([
              [read, { data: w.storage.kind === 'host' ? w.storage.data : new Float32Array(), shape: w.shape }],
            ]),
          },
        ),
      )
    }
    expect(model(5)).toEqual(model(0))
  })

  it('takes names, metadata, substitutes, and results that are parameters, constants or equal', () => {
    const [x, captured, y] = [placeholder([2]), placeholder([2]), placeholder([2])]
    const sum = x.add(captured)
    const model = lowerGraph(
      { parameters: [x, y], results: [sum, sum, x, tensor([1, 2])] },
      {
        inputNames: ['image', 'v'],
        outputNames: ['logits', 'again', 'same', 'fixed'],
        substitutions: new Map([[captured, y.mul(2)]]),
        metadata: { T: '32' },
      },
    )
    expect(model.inputs.map(({ name }) => name)).toEqual(['image', 'v'])
    expect(model.outputs.map(({ name }) => name)).toEqual(['logits', 'again', 'same', 'fixed'])
    expect(model.nodes.map(({ op }) => op)).toEqual(['Mul', 'Add', 'Identity', 'Identity', 'Identity'])
    expect(model.metadata).toEqual({ T: '32' })
    writeOnnx(model)
  })

  it('refuses what has no standard form, naming the place', () => {
    const x = placeholder([2])
    const refuse = (graph: Graph) => {
      try {
        lowerGraph(graph)
      } catch (error) {
        if (isSnnError(error, 'UNSUPPORTED')) return [error.details.primitive, error.message.includes('lower.test.ts')]
      }
      return undefined
    }
    expect(refuse({ parameters: [], results: [uniform([2])] })).toEqual(['random', true])
    expect(
      refuse({ parameters: [x], results: [scan((s: Traced) => [s.add(1), []] as const, x, [], { length: 3 })[0]] }),
    ).toEqual(['scan', true])
    expect(refuse({ parameters: [], results: [x.add(1)] })).toEqual(['placeholder', true])
    expect(refuse({ parameters: [x], results: [x.cast('float64')] })).toEqual(['cast', true])
    expect(isLowered('scan')).toBe(false)
    expect(isLowered('conv')).toBe(true)
  })
})

describe('freeSize', () => {
  const step = (N: number): Graph => {
    const [x, v] = [placeholder([N, 3, 8, 8]), placeholder([N, 5])]
    const pooled = averagePool(
      maxPool(
        conv(x, numbers(5, 3, 3, 3))
          .add(numbers(5, 1, 1))
          .relu(),
        [2, 2],
      ),
      [3, 3],
    )
    const v1 = v.add(pooled.flatten().matmul(numbers(5, 5)))
    const s = v1.ge(1).cast('float32')
    return { parameters: [x, v], results: [s, v1.sub(s)] }
  }

  it('leaves the batch open', async () => {
    const model = freeSize(lowerGraph(step(10_007), { inputNames: ['x', 'v'] }), 10_007, 'N')
    expect(model.inputs.map(({ shape }) => shape)).toEqual([
      ['N', 3, 8, 8],
      ['N', 5],
    ])
    expect(model.outputs.map(({ shape }) => shape)).toEqual([
      ['N', 5],
      ['N', 5],
    ])
    const session = await InferenceSession.create(writeOnnx(model))
    const whole = {
      x: Float32Array.from({ length: 7 * 192 }, (_, i) => Math.cos(i)),
      v: Float32Array.from({ length: 35 }, (_, i) => Math.sin(i)),
    }
    const run = async (N: number, from: number) => {
      const x = new Tensor('float32', whole.x.slice(from * 192, (from + N) * 192), [N, 3, 8, 8])
      const v = new Tensor('float32', whole.v.slice(from * 5, (from + N) * 5), [N, 5])
      return [...((await session.run({ x, v }))['y1']!.data as Float32Array)]
    }
    const together = await run(7, 0)
    const apart = [...(await run(1, 0)), ...(await run(6, 1))]
    together.forEach((value, i) => expect(apart[i]).toBeCloseTo(value, 5))
    await session.release()
  })

  it('takes the size that something is repeated to from an input', async () => {
    const N = 10_007
    const x = placeholder([2, N, 3])
    const row = numbers(3)
    const results = [
      concat([x, row.broadcastTo([2, N, 3])], 2),
      row.broadcastTo([2, N, 3]).transpose([1, 0, 2]),
      x.reshape([2, N, 3, 1]).reshape([2, N, 3]),
    ]
    const model = freeSize(lowerGraph({ parameters: [x], results }, { inputNames: ['x'] }), N, 'N')
    const session = await InferenceSession.create(writeOnnx(model))
    const data = Float32Array.from({ length: 24 }, (_, i) => i)
    const { y0, y1, y2 } = await session.run({ x: new Tensor('float32', data, [2, 4, 3]) })
    expect([y0!.dims, y1!.dims, y2!.dims]).toEqual([
      [2, 4, 6],
      [4, 2, 3],
      [2, 4, 3],
    ])
    const repeated = (y1!.data as Float32Array).slice(0, 3)
    expect((y0!.data as Float32Array).slice(-6)).toEqual(Float32Array.of(21, 22, 23, ...repeated))
    expect(y1!.data).toEqual(Float32Array.from({ length: 24 }, (_, i) => repeated[i % 3]!))
    await session.release()
  })

  it('refuses a model that only fits one batch size', () => {
    const x = placeholder([10_007, 3])
    expect(() =>
      freeSize(lowerGraph({ parameters: [x], results: [x.reshape([3, 10_007]).slice(1, 2)] }), 10_007, 'N'),
    ).toThrow('batch size')
  })
})
