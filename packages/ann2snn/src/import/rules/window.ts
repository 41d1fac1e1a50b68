import type { Activation, Call, Rule } from '../call.js'

type Padding = readonly [low: number, high: number]

const smaller = 'Only windows over one or two axes are computed; use a model with 1-D or 2-D layers.'

/** Pairs [low, high] from ONNX pads: all begins, then all ends. */
export function pairs(pads: readonly number[]): Padding[] {
  const axes = pads.length / 2
  return Array.from({ length: axes }, (_, i) => [pads[i]!, pads[i + axes]!] as const)
}

interface Window {
  readonly x: Activation
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly Padding[]
  readonly dilation: readonly number[]
  /** Padding at the ends that makes the last, incomplete window whole (ceil_mode). */
  readonly extra: readonly number[]
}

function windowOf(call: Call): Window {
  const x = call.batched(0, 2)
  const spatial = x.layout.shape.slice(1)
  if (spatial.length > 2) return call.refuse(`it slides over ${spatial.length} axes`, smaller)
  const window = { x, kernel: call.ints('kernel_shape'), stride: call.ints('strides'), dilation: call.ints('dilations'), padding: pairs(call.ints('pads')) }
  const sizes = call.output().shape.slice(1)
  const extra = spatial.map((size, i) => {
    const [low, high] = window.padding[i]!
    const needed = (sizes[i]! - 1) * window.stride[i]! + window.dilation[i]! * (window.kernel[i]! - 1) + 1
    return Math.max(0, needed - size - low - high)
  })
  return { ...window, extra }
}

function widened(padding: readonly Padding[], extra: readonly number[]): Padding[] {
  return padding.map(([low, high], i) => [low, high + extra[i]!] as const)
}

const conv: Rule = (call) => {
  const { x, stride, padding, dilation } = windowOf(call)
  const weight = call.array(1, 'weight W')
  const bias = call.has(2) ? { bias: call.array(2, 'bias B') } : {}
  return call.emit('conv', 'conv', [x.source], { stride, padding, dilation, groups: call.int('group', 1) }, { arrays: { weight, ...bias } })
}

const maxPool: Rule = (call) => {
  if (call.node.outputs[1]) return call.refuse('the positions of the maxima are used', 'Export the model without unpooling.')
  const { x, kernel, stride, padding, dilation, extra } = windowOf(call)
  return call.emit('pool', 'maxPool', [x.source], { kernel, stride, padding: widened(padding, extra), dilation })
}

const averagePool: Rule = (call) => {
  const { x, kernel, stride, padding, dilation, extra } = windowOf(call)
  if (dilation.some((d) => d !== 1)) return call.refuse('its window is dilated', 'Use average pooling without dilation.')
  if (call.int('count_include_pad', 0) === 0) return call.emit('pool', 'averagePool', [x.source], { kernel, stride, padding: widened(padding, extra), countIncludePad: false })
  if (extra.every((n) => n === 0)) return call.emit('pool', 'averagePool', [x.source], { kernel, stride, padding, countIncludePad: true })
  // the padding of the file counts, what completes the last window does not
  const all: Padding[] = [[0, 0], ...padding]
  const padded = call.emit('pad', 'pad', [x.source], { padding: all, value: 0 }, { shape: x.layout.shape.map((n, i) => n + all[i]![0] + all[i]![1]) })
  return call.emit('pool', 'averagePool', [padded], { kernel, stride, padding: extra.map((n) => [0, n] as const), countIncludePad: false })
}

function globalPool(kind: string): Rule {
  return (call) => call.emit('globalPool', kind, [call.batched(0, 2).source])
}

/** The index of the input that each index of a resized axis takes. */
function nearestIndices(call: Call, size: number, out: number, scale: number): number[] {
  const coordinates = call.string('coordinate_transformation_mode', 'half_pixel')
  const rounding = call.string('nearest_mode', 'round_prefer_floor')
  const place = (i: number): number => {
    switch (coordinates) {
      case 'asymmetric': return i / scale
      case 'align_corners': return out === 1 ? 0 : (i * (size - 1)) / (out - 1)
      case 'pytorch_half_pixel': return out === 1 ? 0 : (i + 0.5) / scale - 0.5
      case 'half_pixel': return (i + 0.5) / scale - 0.5
      case 'half_pixel_symmetric': return (size / 2) * (1 - out / (scale * size)) + (i + 0.5) / scale - 0.5
      default: return call.refuse(`its coordinates are ${coordinates}`, 'Export it with half_pixel or asymmetric coordinates.')
    }
  }
  const round = (x: number): number => {
    switch (rounding) {
      case 'round_prefer_floor': return Math.ceil(x - 0.5)
      case 'round_prefer_ceil': return Math.floor(x + 0.5)
      case 'floor': return Math.floor(x)
      case 'ceil': return Math.ceil(x)
      default: return call.refuse(`it rounds by ${rounding}`, 'Export it with floor.')
    }
  }
  return Array.from({ length: out }, (_, i) => Math.min(Math.max(round(Math.fround(place(i))), 0), size - 1))
}

const resize: Rule = (call) => {
  const mode = call.string('mode', 'nearest')
  if (mode !== 'nearest') return call.refuse(`it interpolates (${mode})`, 'Use nearest-neighbour resizing, or a transposed convolution.')
  const x = call.activation(0)
  const { shape } = call.output()
  if (shape.some((n) => n > 65536)) return call.refuse(`its result has shape [${shape.join(',')}]`, 'Resize to at most 65536 along an axis.')
  const scales = call.has(2) ? call.numbers(2, 'scales') : undefined
  const indices: (number[] | null)[] = shape.map(() => null)
  call.ints('axes').forEach((onnxAxis, i) => {
    const axis = call.axis(0, onnxAxis)
    const [size, out] = [x.layout.shape[axis]!, shape[axis]!]
    indices[axis] = nearestIndices(call, size, out, scales ? scales[i]! : out / size)
  })
  return call.emit('upsample', 'gather', [x.source], { indices })
}

export const windows: Readonly<Record<string, Rule>> = {
  Conv: conv, MaxPool: maxPool, AveragePool: averagePool, Resize: resize,
  GlobalAveragePool: globalPool('globalAveragePool'), GlobalMaxPool: globalPool('globalMaxPool'),
}
