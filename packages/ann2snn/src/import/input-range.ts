import { numbersInput, type OnnxGraph, type OnnxNode } from '@snn/onnx'
import { checkGraph } from '../check.js'

/** The values that a network takes for pixels, from black to white, and what says so. */
export interface InputRange {
  readonly low: number
  readonly high: number
  readonly because: string
}

/**
 * What a graph tells about the values of its first input: whole numbers are pixels (signed bytes are pixels less 128),
 * a quantiser at the input covers its range, and arithmetic with constants before the first layer (a scaling inside)
 * gives usual values for one range only. Undefined where it tells nothing.
 */
export function inputRange(graph: OnnxGraph): InputRange | undefined {
  checkGraph('inputRange', graph)
  const [input] = graph.inputs
  if (!input) return undefined
  if (input.dtype === 'int8') return { low: -128, high: 127, because: 'the input takes int8' }
  if (input.dtype !== 'float32' && input.dtype !== 'float64')
    return { low: 0, high: 255, because: `the input takes ${input.dtype}` }
  let { name } = input
  let [scale, shift] = [1, 0]
  for (;;) {
    const users = graph.nodes.filter((node) => node.inputs.includes(name))
    const [node] = users
    if (!node || users.length > 1) break
    if (node.op === 'QuantizeLinear' && scale === 1 && shift === 0) return quantised(graph, node)
    const step = passing.has(node.op) ? ([1, 0] as const) : affine(graph, node, name)
    if (!step) break
    ;[scale, shift] = [scale * step[0], shift * step[0] + step[1]]
    name = node.outputs[0]!
  }
  if (scale === 1 && shift === 0) return undefined
  const because = 'the network scales its input itself'
  const ranges = (
    [
      [0, 255],
      [0, 1],
    ] as const
  ).filter(([low, high]) => isUsual(scale * low + shift, scale * high + shift))
  return ranges.length === 1 ? { low: ranges[0]![0], high: ranges[0]![1], because } : undefined
}

const passing = new Set(['Cast', 'Identity', 'Transpose', 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze'])

/** y = scale x + shift, the mean over channels, of arithmetic with a constant; undefined for anything else. */
function affine(graph: OnnxGraph, node: OnnxNode, x: string): readonly [scale: number, shift: number] | undefined {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  if (node.op === 'BatchNormalization') {
    const [weight, bias, centre, variance] = [1, 2, 3, 4].map((i) => numbersInput(graph, node, i))
    if (!weight || !bias || !centre || !variance) return undefined
    const scales = weight.map((w, c) => w / Math.sqrt(variance[c]! + 1e-5))
    return [mean(scales), mean(scales.map((s, c) => bias[c]! - centre[c]! * s))]
  }
  const isFirst = node.inputs[0] === x
  const values = numbersInput(graph, node, isFirst ? 1 : 0)
  // a constant for each place is no normalisation of pixels
  if (!values || values.length === 0 || values.length > 4) return undefined
  const c = mean(values)
  if (node.op === 'Add') return [1, c]
  if (node.op === 'Sub') return isFirst ? [1, -c] : [-1, c]
  if (node.op === 'Mul') return [c, 0]
  return node.op === 'Div' && isFirst ? [1 / c, 0] : undefined
}

/** Whether values between these are what layers are trained on: about -3 to 3, or pixels with or without their mean. */
function isUsual(a: number, b: number): boolean {
  const [low, high] = [Math.min(a, b), Math.max(a, b)]
  const isNormal = high - low >= 0.5 && high - low <= 12 && low >= -6 && high <= 6
  return isNormal || (high - low > 200 && high - low < 300 && low > -160 && high < 300)
}

/** Values from black to white that are usual, and how far a calibrated quantiser may be from them. */
const usualRanges = [
  [0, 255],
  [0, 1],
  [-1, 1],
] as const
const tolerance = 0.1

function quantised(graph: OnnxGraph, node: OnnxNode): InputRange | undefined {
  const [scale, ...others] = numbersInput(graph, node, 1) ?? []
  const [zero = 0] = numbersInput(graph, node, 2) ?? []
  if (scale === undefined || others.length > 0) return undefined
  const isSigned = graph.values.get(node.outputs[0]!)?.dtype === 'int8'
  const [from, to] = [(isSigned ? -128 : 0) - zero, (isSigned ? 127 : 255) - zero].map((q) => q * scale) as [
    number,
    number,
  ]
  const found = usualRanges.find(
    ([low, high]) =>
      Math.abs(from - low) <= tolerance * (high - low) && Math.abs(to - high) <= tolerance * (high - low),
  )
  return (
    found && {
      low: found[0],
      high: found[1],
      because: `the input is quantised from ${from.toPrecision(3)} to ${to.toPrecision(3)}`,
    }
  )
}
