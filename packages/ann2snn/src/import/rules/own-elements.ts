import { numbersOf, type OnnxGraph, type OnnxTensor } from '@snn/onnx'
import { sizeOf } from '@snn/tensor'
import { broadcastIndex } from '../../build/broadcast-index.js'
import type { Call } from '../call.js'

/**
 * Whole numbers that differ from sample to sample by `step`: those of sample n are n step + offsets, in a shape with
 * the batch as 1.
 */
interface Steps {
  readonly step: number
  readonly offsets: readonly number[]
  readonly shape: readonly number[]
}

const largest = 2 ** 20

/**
 * Where Gather picks from the elements of a whole batch, one after the other, those of sample n for sample n (a view
 * with strides, as PyTorch's exporter writes it): which of them, in order. Undefined where its indices are others.
 */
export function ownElements(call: Call): readonly number[] | undefined {
  const { shape, inner, axis, outer } = call.activation(0).layout
  if (shape.length !== 1 || inner !== shape[0] || axis !== 0 || outer !== 1) return undefined
  const steps = stepsOf(call.progress.graph, call.progress.batch, call.node.inputs[1] ?? '')
  return steps?.step === inner && steps.offsets.every((at) => at >= 0 && at < inner) ? steps.offsets : undefined
}

function stepsOf(graph: OnnxGraph, batch: string, name: string): Steps | undefined {
  const constant = graph.constants.get(name)
  if (constant)
    return constant.data.length > largest ? undefined : { step: 0, offsets: numbersOf(constant), shape: constant.shape }
  const node = graph.nodes.find(({ outputs }) => outputs.includes(name))
  const dims = graph.values.get(name)?.shape
  if (!node || !dims || dims.some((dim) => typeof dim !== 'number' && dim !== batch)) return undefined
  const shape = dims.map((dim) => (typeof dim === 'number' ? dim : 1))
  if (sizeOf(shape) > largest) return undefined
  const number = (tensor: OnnxTensor | undefined): number | undefined =>
    tensor?.data.length === 1 ? Number(tensor.data[0]) : undefined
  if (node.op === 'Range') {
    const [start, step] = [0, 2].map((i) => number(graph.constants.get(node.inputs[i] ?? '')))
    return start === undefined || step === undefined || dims[0] !== batch
      ? undefined
      : { step, offsets: [start], shape }
  }
  const inputs = (node.op === 'Add' || node.op === 'Mul' ? node.inputs : node.inputs.slice(0, 1)).map((input) =>
    stepsOf(graph, batch, input),
  )
  const [a, b] = inputs
  if (!a || inputs.includes(undefined)) return undefined
  if (node.op === 'Unsqueeze' || node.op === 'Squeeze' || node.op === 'Reshape')
    return sizeOf(shape) === a.offsets.length ? { ...a, shape } : undefined
  if (!b || (node.op !== 'Add' && node.op !== 'Mul')) return undefined
  const [inA, inB] = [a, b].map((from) => broadcastIndex(from.shape, shape))
  const offsets = Array.from({ length: sizeOf(shape) }, (_, i) => {
    const [x, y] = [a.offsets[inA!(i)]!, b.offsets[inB!(i)]!]
    return node.op === 'Add' ? x + y : x * y
  })
  if (node.op === 'Add') return { step: a.step + b.step, offsets, shape }
  const [moving, factor] = a.step === 0 ? [b, a] : [a, b]
  // one factor for all of them, or samples would differ by several steps
  return factor.step !== 0 || factor.offsets.some((value) => value !== factor.offsets[0])
    ? undefined
    : { step: moving.step * (factor.offsets[0] ?? 0), offsets, shape }
}
