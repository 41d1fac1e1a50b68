import { isLowered } from '@snn/onnx'
import type { KernelTarget, Target } from '@snn/schedule'
import type { Node } from '@snn/tensor'
import { schedule as machine } from './machine.js'

const kernels: KernelTarget = {
  isWorthwhile: wantsKernels,
  images: { smallestProduct: machine.product },
  largestSum: machine.sum,
  largestPlane: machine.plane,
  largestGroup: machine.group,
  smallestCast: machine.cast,
}

/** What this backend can run: ONNX Runtime takes all but loops and random numbers, and kernels what they are faster for. */
export function targetOf(uses: { readonly splits: boolean; readonly kernels: boolean }): Target {
  return { name: 'cpu', isLibrary: isLowered, isLibraryAnywhere: true, alignment: machine.line, largestPiece: uses.splits ? machine.piece : undefined, kernels: uses.kernels ? kernels : undefined }
}

/**
 * Whether a program gains from kernels: a plain network, of linear operations with activations between, is better off as one session,
 * in which ONNX Runtime merges them.
 */
function wantsKernels(nodes: readonly Node[]): boolean {
  const primitives = new Set(nodes.map(({ primitive }) => primitive))
  const isDifferentiated = primitives.has('convWeightGradient') || primitives.has('convInputGradient')
  return isDifferentiated || primitives.has('scan') || !(primitives.has('conv') || primitives.has('matmul'))
}
