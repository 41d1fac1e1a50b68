import { sizeOf, type Tensor } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { KernelBuilder, Unfusable, type Fused } from './kernel-builder.js'
import { sumMapping } from './mapping.js'

export interface GroupOptions {
  /**
   * The nodes that the kernel computes; everything else is an input. Their results have the same number of elements.
   */
  readonly inside: ReadonlySet<Node>
  /** What is given: it is not looked behind. */
  readonly isBound?: (tensor: Tensor) => boolean
}

/**
 * What `results` are made of inside of a group, as a kernel that reads each input once and writes each result once;
 * `sums` are added up in the same pass. undefined when no kernel can compute that.
 */
export function fuse(
  results: readonly Tensor[],
  sums: readonly Node<'reduceSum'>[],
  { inside, isBound = () => false }: GroupOptions,
): Fused | undefined {
  return orUndefined(() => {
    const size = sizeOf(results[0]?.shape ?? sums[0]!.inputs[0]!.shape)
    const builder = new KernelBuilder(size, isBound)
    const phase = builder.phase(
      'once',
      new Map(),
      (node) => inside.has(node) && sizeOf(node.outputs[0]!.shape) === size,
    )
    for (const result of results) phase.store(result, 'full', phase.value(result), 'output', false)
    for (const sum of sums) {
      const mapping = sumMapping(sum)
      if (mapping === undefined || mapping === 'full') throw new Unfusable()
      phase.store(sum.outputs[0]!, mapping, phase.value(sum.inputs[0]!), 'sum', false)
    }
    return builder.finish(1)
  })
}

/** What `build` gives, or undefined when it finds that there is no such kernel. */
export function orUndefined<T>(build: () => T): T | undefined {
  try {
    return build()
  } catch (error) {
    if (error instanceof Unfusable) return undefined
    throw error
  }
}
