import { SnnError } from '@snn/tensor'
import type { OnnxModelSpec, OnnxTensor } from '../graph.js'

/**
 * A model that was lowered with the batch size `size`, with that size made symbolic: leading sizes of inputs and outputs
 * become `symbol`, targets of Reshape -1. `size` must be a number larger than any other size of the model that divides none, such as a large prime.
 *
 * Throws `UNSUPPORTED` when another operation needs the size as a number.
 */
export function freeSize(model: OnnxModelSpec, size: number, symbol: string): OnnxModelSpec {
  const constants = new Map<string, OnnxTensor>(model.constants instanceof Map ? model.constants : Object.entries(model.constants as Readonly<Record<string, OnnxTensor>>))
  const free = <V extends { readonly shape: readonly (number | string)[] | undefined }>(value: V): V => ({ ...value, shape: value.shape?.map((n) => (n === size ? symbol : n)) })
  for (const node of model.nodes) {
    for (const [i, name] of node.inputs.entries()) {
      const constant = constants.get(name)
      if (!constant || constant.dtype !== 'int64' || !constant.data.some((n) => n !== 0n && n % BigInt(size) === 0n)) continue
      if (node.op !== 'Reshape' || i !== 1) {
        throw new SnnError('UNSUPPORTED', `[freeSize] '${node.op}' needs the batch size as a number, expected a network that treats each sample for itself.`, { primitive: node.op, backend: 'onnx' })
      }
      constants.set(name, { ...constant, data: constant.data.map((n) => (n !== 0n && n % BigInt(size) === 0n ? -1n : n)) })
    }
  }
  return { ...model, inputs: model.inputs.map(free), outputs: model.outputs.map(free), constants }
}
