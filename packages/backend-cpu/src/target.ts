import { isLowered } from '@snn/onnx'
import type { KernelTarget, Target } from '@snn/schedule'
import { isPrimitive, type Node } from '@snn/tensor/backend'
import { schedule as machine } from './machine.js'

const kernels: KernelTarget = {
  isWorthwhile: wantsKernels,
  images: { smallestProduct: machine.product },
  largestSum: machine.sum,
  largestPlane: machine.plane,
  isNest,
  largestGroup: machine.group,
  smallestCast: machine.cast,
}

/**
 * What this backend can run: ONNX Runtime takes all but loops and random numbers, and kernels what they are faster for.
 */
export function targetOf(uses: { readonly splits: boolean; readonly kernels: boolean }): Target {
  return {
    name: 'cpu',
    isLibrary: isLowered,
    isLibraryAnywhere: true,
    alignment: machine.line,
    largestPiece: uses.splits ? machine.piece : undefined,
    kernels: uses.kernels ? kernels : undefined,
  }
}

/** Sums that ONNX Runtime has no fast operation for: along rows and planes that stay in the cache. */
function isNest(node: Node): boolean {
  if (node.outputs[0]!.dtype !== 'float32') return false
  if (isPrimitive(node, 'averagePoolGradient')) return node.attributes.kernel.length <= 2
  return isPrimitive(node, 'scatterAdd') && node.attributes.axis === node.outputs[0]!.shape.length - 1
}

/**
 * Whether a program gains from kernels: a plain network, of linear operations with activations between, is better off
 * as one session, in which ONNX Runtime merges them.
 */
function wantsKernels(nodes: readonly Node[]): boolean {
  const primitives = new Set(nodes.map(({ primitive }) => primitive))
  const isDifferentiated = primitives.has('convWeightGradient') || primitives.has('convInputGradient')
  return isDifferentiated || primitives.has('scan') || !(primitives.has('conv') || primitives.has('matmul'))
}
