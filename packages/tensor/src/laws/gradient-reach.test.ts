import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compile,
  customGradient,
  grad,
  placeholder,
  reference,
  scan,
  stopGradient,
  where,
  type Tensor,
} from '../index.js'
import { gradientReach, type GradientReach } from '../for-libraries.js'

/** Ways to go on from two tensors of one shape; all let a gradient through, but for the last four. */
const ways: readonly ((a: Tensor, b: Tensor) => Tensor)[] = [
  (a, b) => a.add(b),
  (a, b) => a.mul(b),
  (a, b) => where(b.gt(0), a, b),
  (a) => a.sigmoid(),
  (a) => a.add(a.sum().mul(0.1)),
  (a) => customGradient(a.ge(0).cast('float32'), [a], (dy) => [dy.mul(0.5)]),
  (a, b) =>
    scan((v: Tensor, x: Tensor) => [v.mul(0.5).add(x), v.ge(0.3).cast('float32').add(x)] as const, b.at(0, 0), a)[1],
  (a, b) => scan((v: Tensor, x: Tensor) => [v.mul(0.5).add(x), v.ge(0.3).cast('float32')] as const, b.at(0, 0), a)[1],
  (a) => a.ge(0).cast('float32'),
  (a, b) => stopGradient(a).add(b.ge(0.2).cast('float32')),
  (a) => a.floor(),
]

const program = fc.array(fc.tuple(fc.nat(ways.length - 1), fc.nat(), fc.nat()), { minLength: 1, maxLength: 7 })

describe('gradientReach', () => {
  it('is never silent about a gradient: what it does not reach has the gradient 0, and what is unused changes nothing', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(program, async (steps) => {
        let reach: GradientReach[] = []
        const shape = [3, 2]
        const run = compile(
          (p: Tensor, q: Tensor, r: Tensor) => {
            const values = [p, q, r]
            for (const [way, i, j] of steps)
              values.push(ways[way]!(values[i % values.length]!, values[j % values.length]!))
            const loss = values.at(-1)!.sum()
            reach = gradientReach(loss, [p, q, r])
            return { loss, gradients: grad(loss, [p, q, r]) }
          },
          { backend: reference() },
        )
        const inputs = [0.3, -0.4, 0.7].map((start, k) => ({
          data: Float32Array.from({ length: 6 }, (_, i) => start + Math.sin(i * (k + 1)) / 2),
          shape,
        }))
        const { loss, gradients } = await run(inputs[0]!, inputs[1]!, inputs[2]!)
        for (const [k, one] of reach.entries()) {
          seen.add(typeof one === 'string' ? one : 'stopped')
          if (one !== 'reached') expect([...gradients[k]!.data].every((value) => value === 0)).toBe(true)
          if (typeof one !== 'string') expect(one.length).toBeGreaterThan(0)
          if (one !== 'unused') continue
          const changed = inputs.map((input, i) =>
            i === k ? { ...input, data: input.data.map((value) => 3 - value) } : input,
          )
          expect((await run(changed[0]!, changed[1]!, changed[2]!)).loss.item()).toBe(loss.item())
        }
      }),
      { numRuns: 150 },
    )
    expect(seen).toEqual(new Set(['reached', 'unused', 'stopped']))
  })

  it('follows the carries of a loop, forwards and backwards, until nothing changes', () => {
    const [x, a, b] = [placeholder([4]), placeholder([]), placeholder([])]
    // a comes into the result after two steps, b only through a comparison
    const [[, , last]] = scan(
      ([p, q, r]: readonly [Tensor, Tensor, Tensor], now: Tensor) =>
        [[a.mul(now), p, q.add(r).add(b.ge(0).cast('float32'))] as const, now] as const,
      [x.at(0, 0), x.at(0, 1), x.at(0, 2)] as readonly [Tensor, Tensor, Tensor],
      x,
    )
    const [ofX, ofA, ofB, ofOther] = gradientReach(last, [x, a, b, placeholder([])])
    expect([ofX, ofA, ofOther]).toEqual(['reached', 'reached', 'unused'])
    expect((ofB as readonly { primitive: string }[]).map(({ primitive }) => primitive)).toEqual(['lessEqual'])
  })
})
