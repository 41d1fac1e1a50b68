import {
  argmaxPool,
  averagePool,
  maxPool,
  placeholder,
  sizeOf,
  type Shape,
  type Tensor,
  type TypedArray,
} from '@snn/tensor'
import { interpret, referenceKernels } from '@snn/tensor/backend'
import { expect, it } from 'vitest'
import { argumentsOf, inEachForm, kernelOf } from '../../test/memories.js'
import { random } from '../../test/run-kernel.js'
import { fusePlanes } from '../form/planes.js'
import { planesFunction } from '../wasm/planes.js'
import { planesC } from './pooling.js'

/** The bits that WebAssembly and C write; they must be the same. */
function run({ node }: Tensor, data: Float32Array): Promise<TypedArray> {
  const { kernel, planes, output } = fusePlanes(node)!
  return inEachForm(16, async (where) => {
    const from = where.start + 1024
    const to = from + 16 * Math.ceil(data.byteLength / 16) + 64
    new Float32Array(where.memory.buffer, from).set(data)
    argumentsOf(where, 2).set([from, to])
    const pool = await kernelOf(
      () => planesFunction(kernel),
      where,
      () => planesC(kernel),
    )
    pool(where.start, 1, planes, 0)
    pool(where.start, 0, 1, 0)
    return output.dtype === 'int32'
      ? new Int32Array(where.memory.buffer, to, sizeOf(output.shape)).slice()
      : new Float32Array(where.memory.buffer, to, sizeOf(output.shape)).slice()
  })
}

const cases: readonly { readonly shape: Shape; readonly pool: (x: Tensor) => Tensor }[] = [
  { shape: [2, 3, 8, 34], pool: (x) => maxPool(x, [2, 2]) },
  { shape: [2, 3, 9, 35], pool: (x) => maxPool(x, [3, 3], { stride: 2, padding: 1 }) },
  { shape: [2, 2, 7, 21], pool: (x) => maxPool(x, [2, 3], { stride: 1, dilation: 2, padding: 1 }) },
  { shape: [2, 2, 40], pool: (x) => maxPool(x, [3], { stride: 3 }) },
  { shape: [2, 3, 8, 34], pool: (x) => averagePool(x, [2, 2]) },
  { shape: [2, 3, 9, 35], pool: (x) => averagePool(x, [3, 3], { stride: 2, padding: 1 }) },
  { shape: [2, 3, 9, 35], pool: (x) => averagePool(x, [3, 3], { stride: 1, padding: 1, countIncludePad: true }) },
  { shape: [2, 2, 7, 7], pool: (x) => averagePool(x, [7, 7]) },
  { shape: [2, 2, 11, 12], pool: (x) => averagePool(x, [2, 8], { stride: 4 }) },
  { shape: [2, 3, 8, 34], pool: (x) => argmaxPool(x, [2, 2]) },
  { shape: [2, 2, 9, 13], pool: (x) => argmaxPool(x, [3, 3], { stride: 2, padding: 1 }) },
]

it.each(cases)('pools the same bits in both forms: $shape, $pool', async ({ shape, pool }) => {
  const x = placeholder(shape)
  const y = pool(x)
  const next = random(shape.length)
  // equal values, both zeros and numbers of different magnitudes, so that an order shows
  const data = Float32Array.from({ length: sizeOf(shape) }, () => {
    const u = next()
    return u < 0.2 ? 0 : u < 0.4 ? -0 : u < 0.5 ? 1 : (next() - 0.5) * 10 ** Math.floor(6 * next())
  })
  const [expected] = interpret([y], referenceKernels, new Map([[x, { data, shape, dtype: 'float32' as const }]]))
  const found = await run(y, data)
  found.forEach((value, i) => expect(Math.abs(value - expected.data[i]!)).toBeLessThan(0.05))
})
