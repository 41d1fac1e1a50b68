import { readFileSync } from 'node:fs'
import {
  averagePool,
  compile,
  conv,
  grad,
  maxPool,
  reference,
  scan,
  zeros,
  type Backend,
  type Tensor,
} from '@snn/tensor'
import { conformance } from '@snn/tensor/testing'
import { describe, expect, it } from 'vitest'
import { tiny } from './tiny-backend.ts'

conformance(async () => tiny(), { describe, it }, { tolerance: { relative: 1e-5, absolute: 5e-5 } })

it('trains a spiking network with pooling like the reference', async () => {
  const data = (shape: readonly number[], key: number) => ({
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * 12.9898 + key)),
    shape,
  })
  const train = (backend: Backend) =>
    compile(
      (x: Tensor, weight: Tensor) => {
        const step = (v: Tensor, current: Tensor): readonly [Tensor, Tensor] => {
          const charged = v.mul(0.5).add(current)
          return [charged.sub(charged.ge(1).cast('float32')), charged.tanh()]
        }
        const out = scan(step, zeros([2, 4, 8, 8]), conv(x, weight, { padding: 1 }))[1]
        const loss = averagePool(maxPool(out, [2, 2]), [2, 2])
          .square()
          .mean()
        return [loss, out, grad(loss, weight)]
      },
      { backend },
    )(data([3, 2, 1, 8, 8], 1), data([4, 1, 3, 3], 2))
  const [ours, exact] = [await train(tiny()), await train(reference())]
  ours.forEach(({ data }, i) => data.forEach((x, k) => expect(Math.abs(x - exact[i]!.data[k]!)).toBeLessThan(1e-5)))
})

it('is a backend in under 400 lines of code', () => {
  const text = readFileSync(new URL('tiny-backend.ts', import.meta.url), 'utf8')
  const lines = text.slice(text.lastIndexOf('\nimport ')).split('\n')
  expect(lines.filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line)).length).toBeLessThan(400)
})
