import { sizeOf, type Tensor, type TypedArray } from '@snn/tensor'
import { bytesPerElement, interpret, referenceKernels } from '@snn/tensor/backend'
import { expect } from 'vitest'
import { argumentWords, divide, kernelC, kernelFunction, operandWord, type Fused } from '../src/index.js'
import { argumentsOf, inEachForm, kernelOf, type TestMemory } from './memories.js'

export interface RunOptions {
  /** Elements of a block. */
  readonly block?: number
  /** Into how many shares the blocks are divided, one after the other. */
  readonly threads?: number
  /** Results that are written over an input. */
  readonly over?: ReadonlyMap<Tensor, Tensor>
}

const guard = 77

/**
 * Runs a kernel on values of its inputs; gives its outputs, sums added up. A byte behind each output shows that nothing
 * is written there.
 */
export async function runKernel(
  fused: Fused,
  bindings: ReadonlyMap<Tensor, TypedArray>,
  options: RunOptions = {},
): Promise<Map<Tensor, TypedArray>> {
  const outputs = await inEachForm(64, (memory) => runIn(memory, fused, bindings, options))
  return new Map(
    fused.tensors
      .filter((_, i) => fused.kernel.operands[i]!.role !== 'input')
      .map((tensor, i) => [tensor, outputs[i]!]),
  )
}

async function runIn(
  where: TestMemory,
  { kernel, tensors, space, length, plane }: Fused,
  bindings: ReadonlyMap<Tensor, TypedArray>,
  { block = 8, threads = 1, over = new Map() }: RunOptions,
): Promise<TypedArray[]> {
  const { memory, start: args } = where
  let end = args + 4096
  const place = (bytes: number): number => {
    const start = end
    end += Math.ceil((bytes + 1) / 16) * 16
    return start
  }
  const given = new Map(
    [...bindings].map(([tensor, data]) => [tensor, { data, shape: tensor.shape, dtype: tensor.dtype }]),
  )
  const bytes = (tensor: Tensor): number => sizeOf(tensor.shape) * bytesPerElement(tensor.dtype)
  const addresses = new Map<number, number>()
  kernel.operands.forEach(({ role }, i) => {
    const tensor = tensors[i]!
    if (role !== 'input') return
    const { data } = interpret(tensor, referenceKernels, given)
    addresses.set(i, place(data.byteLength))
    new Uint8Array(memory.buffer, addresses.get(i)).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  })
  kernel.operands.forEach(({ role }, i) => {
    if (role === 'input') return
    const shared = over.get(tensors[i]!)
    if (shared) return void addresses.set(i, addresses.get(tensors.indexOf(shared))!)
    addresses.set(i, place(bytes(tensors[i]!) * (role === 'sum' ? threads : 1)))
    if (role === 'output') new Uint8Array(memory.buffer)[addresses.get(i)! + bytes(tensors[i]!)] = guard
  })

  const blocks = divide({ kernel, tensors, space, length, plane }, block)
  const words = argumentsOf(where, operandWord(kernel.operands.length))
  const scratch = place(blocks.scratchBytes * threads)
  argumentWords.forEach((name, i) => (words[i] = name === 'scratch' ? scratch : blocks.words[name]))
  kernel.operands.forEach(({ role, isMoving }, i) => {
    words[operandWord(i)] = addresses.get(i)!
    words[operandWord(i) + 1] = role === 'sum' ? bytes(tensors[i]!) : isMoving ? bytes(tensors[i]!) / length : 0
  })

  const run = await kernelOf(
    () => kernelFunction(blocks.kernel),
    where,
    () => kernelC(blocks.kernel),
  )
  for (let thread = 0; thread < threads; thread++)
    run(
      args,
      Math.floor((blocks.count * thread) / threads),
      Math.floor((blocks.count * (thread + 1)) / threads),
      thread,
    )

  const read = (i: number, thread = 0): TypedArray => {
    const tensor = tensors[i]!
    const at = addresses.get(i)! + thread * bytes(tensor)
    const size = sizeOf(tensor.shape)
    return (
      tensor.dtype === 'float32'
        ? new Float32Array(memory.buffer, at, size)
        : tensor.dtype === 'int32'
          ? new Int32Array(memory.buffer, at, size)
          : new Uint8Array(memory.buffer, at, size)
    ).slice()
  }
  const outputs: TypedArray[] = []
  kernel.operands.forEach(({ role }, i) => {
    if (role === 'input') return
    const data = read(i)
    if (role === 'sum')
      for (let thread = 1; thread < threads; thread++) read(i, thread).forEach((x, k) => (data[k]! += x))
    else if (!over.has(tensors[i]!))
      expect(new Uint8Array(memory.buffer)[addresses.get(i)! + bytes(tensors[i]!)]).toBe(guard)
    outputs.push(data)
  })
  return outputs
}

/** What the reference says. */
export function runReference(results: readonly Tensor[], bindings: ReadonlyMap<Tensor, TypedArray>): TypedArray[] {
  const given = new Map(
    [...bindings].map(([tensor, data]) => [tensor, { data, shape: tensor.shape, dtype: tensor.dtype }]),
  )
  return interpret([...results], referenceKernels, given).map(({ data }) => data)
}

/** Numbers in [0, 1), the same for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
