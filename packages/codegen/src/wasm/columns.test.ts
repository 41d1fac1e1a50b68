import { conv, grad, placeholder, sizeOf, type ConvOptions, type Tensor } from '@snn/tensor'
import { isPrimitive, topological, type Node } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { argumentsOf, inEachForm, kernelOf } from '../../test/memories.js'
import { random } from '../../test/run-kernel.js'
import { nestC } from '../c/nest.js'
import { fuseColumns } from '../form/fuse-nest.js'
import type { FusedNest } from '../form/nest.js'
import { nestFunction } from './nest.js'

/** What a kernel of one input writes. */
function run(
  { kernel, inputs: [input], output, parts }: FusedNest,
  data: Float32Array | Uint8Array,
): Promise<Float32Array> {
  expect(data).toHaveLength(sizeOf(input!.shape))
  return inEachForm(32, async (where) => {
    const { buffer } = where.memory
    const [from, to] = [where.start + 1024, where.start + 1024 + 16 * Math.ceil(data.byteLength / 16) + 16]
    argumentsOf(where, 2).set([from, to])
    // what lies around the input is never written out
    new Uint8Array(buffer, from - 64, data.byteLength + 80).fill(63)
    new Uint8Array(buffer, from).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    const columns = await kernelOf(
      () => nestFunction(kernel),
      where,
      () => nestC(kernel),
    )
    columns(where.start, 0, parts, 0)
    return new Float32Array(buffer, to, sizeOf(output.shape)).slice()
  })
}

function weightGradient(x: Tensor, weight: Tensor, options: ConvOptions): Node<'convWeightGradient'> {
  const gradient = grad(conv(x, weight, options).sum(), weight)
  return topological({ parameters: [x, weight], results: [gradient] }).find((node) =>
    isPrimitive(node, 'convWeightGradient'),
  )!
}

describe('windows written out', () => {
  const convolutions: readonly {
    readonly shape: readonly number[]
    readonly kernel: readonly number[]
    readonly options: ConvOptions
  }[] = [
    { shape: [2, 3, 6, 9], kernel: [3, 3], options: { padding: 1 } },
    { shape: [1, 2, 5, 23], kernel: [1, 2], options: {} },
    { shape: [2, 1, 9, 19], kernel: [3, 3], options: { stride: 2, padding: 1 } },
    { shape: [1, 2, 11, 31], kernel: [2, 4], options: { stride: [1, 3], padding: [1, 2], dilation: [2, 1] } },
    { shape: [2, 2, 37], kernel: [5], options: { padding: 2 } },
  ]
  it.each(convolutions)(
    'of bytes are those of floats: $kernel on $shape, $options',
    async ({ shape, kernel, options }) => {
      const [bytes, weight] = [placeholder(shape, 'uint8'), placeholder([2, shape[1]!, ...kernel])]
      const node = weightGradient(bytes.cast('float32'), weight, options)
      const places = sizeOf(node.inputs[1]!.shape.slice(2))
      const columns = placeholder([shape[0]!, shape[1]!, ...kernel, places])
      const next = random(places)
      const data = Uint8Array.from({ length: sizeOf(shape) }, () => next() * 256)
      const [ofBytes, ofFloats] = [fuseColumns(node, columns)!, fuseColumns(node, columns, () => true)!]
      expect(ofBytes.inputs[0]).toBe(bytes)
      expect(ofFloats.inputs[0]).toBe(node.inputs[0])
      const written = await run(ofBytes, data)
      expect(written).toEqual(await run(ofFloats, Float32Array.from(data)))
      expect(new Set(written).size).toBeGreaterThan(20)
    },
  )
})
