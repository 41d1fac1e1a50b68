import { sizeOf } from '@snn/tensor'
import { stridesOf } from '@snn/tensor/library'
import type { Activation, Call, Rule } from '../call.js'
import type { Source } from '../draft.js'
import { isInside, placeOf, resizeMatrix, type AxisResize } from '../resize-matrix.js'

type Padding = readonly [low: number, high: number]

const smaller = 'Only windows over one to three axes are computed; use a model with 1-D to 3-D layers.'

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
  if (spatial.length > 3) return call.refuse(`it slides over ${spatial.length} axes`, smaller)
  const window = {
    x,
    kernel: call.ints('kernel_shape'),
    stride: call.ints('strides'),
    dilation: call.ints('dilations'),
    padding: pairs(call.ints('pads')),
  }
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
  return call.emit(
    'conv',
    'conv',
    [x.source],
    { stride, padding, dilation, groups: call.int('group', 1) },
    { arrays: { weight, ...bias } },
  )
}

const maxPool: Rule = (call) => {
  if (call.node.outputs[1])
    return call.refuse('the positions of the maxima are used', 'Export the model without unpooling.')
  const { x, kernel, stride, padding, dilation, extra } = windowOf(call)
  return call.emit('pool', 'maxPool', [x.source], { kernel, stride, padding: widened(padding, extra), dilation })
}

const averagePool: Rule = (call) => {
  const { x, kernel, stride, padding, dilation, extra } = windowOf(call)
  if (dilation.some((d) => d !== 1))
    return call.refuse('its window is dilated', 'Use average pooling without dilation.')
  if (call.int('count_include_pad', 0) === 0)
    return call.emit('pool', 'averagePool', [x.source], {
      kernel,
      stride,
      padding: widened(padding, extra),
      countIncludePad: false,
    })
  if (extra.every((n) => n === 0))
    return call.emit('pool', 'averagePool', [x.source], { kernel, stride, padding, countIncludePad: true })
  // the padding of the file counts, what completes the last window does not
  const all: Padding[] = [[0, 0], ...padding]
  const padded = call.emit(
    'pad',
    'pad',
    [x.source],
    { padding: all, value: 0 },
    { shape: x.layout.shape.map((n, i) => n + all[i]![0] + all[i]![1]) },
  )
  return call.emit('pool', 'averagePool', [padded], {
    kernel,
    stride,
    padding: extra.map((n) => [0, n] as const),
    countIncludePad: false,
  })
}

function globalPool(kind: string): Rule {
  return (call) => call.emit('globalPool', kind, [call.batched(0, 2).source])
}

/** The index of the input that each index of a resized axis takes. */
function nearestIndices(call: Call, axis: AxisResize): number[] {
  const rounding = call.string('nearest_mode', 'round_prefer_floor')
  const round = (x: number): number => {
    switch (rounding) {
      case 'round_prefer_floor':
        return Math.ceil(x - 0.5)
      case 'round_prefer_ceil':
        return Math.floor(x + 0.5)
      case 'floor':
        return Math.floor(x)
      case 'ceil':
        return Math.ceil(x)
      default:
        return call.refuse(`it rounds by ${rounding}`, 'Export it with floor.')
    }
  }
  return Array.from({ length: axis.out }, (_, i) =>
    Math.min(Math.max(round(Math.fround(placeOf(i, axis)!)), 0), axis.size - 1),
  )
}

/** Nearest neighbours are picked; what interpolates is a linear map of each axis. */
const resize: Rule = (call) => {
  const x = call.activation(0)
  const { shape } = call.output()
  if (shape.some((n) => n > 65536))
    return call.refuse(`its result has shape [${shape.join(',')}]`, 'Resize to at most 65536 along an axis.')
  const resized = resizedAxes(call, x, shape)
  if (call.string('mode', 'nearest') === 'nearest') {
    const indices: (number[] | null)[] = shape.map(() => null)
    for (const [axis, how] of resized) indices[axis] = nearestIndices(call, how)
    return extrapolated(call, call.emit('upsample', 'gather', [x.source], { indices }), resized)
  }
  const now = [...x.layout.shape]
  let { source } = x
  for (const [axis, how] of resized) {
    now[axis] = how.out
    source = call.emit(
      'resize',
      'resample',
      [source],
      { axis },
      { arrays: { matrix: { data: resizeMatrix(how), shape: [how.out, how.size] } }, shape: [...now] },
    )
  }
  return extrapolated(call, source, resized)
}

function resizedAxes(call: Call, x: Activation, shape: readonly number[]): [axis: number, how: AxisResize][] {
  const mode = call.string('mode', 'nearest') === 'cubic' ? 'cubic' : 'linear'
  const coordinates = call.string('coordinate_transformation_mode', 'half_pixel')
  const axes = call.ints('axes')
  const scales = call.has(2) ? call.numbers(2, 'scales') : undefined
  const roi = call.has(1) ? call.numbers(1, 'roi') : undefined
  return axes.flatMap((onnxAxis, i): [axis: number, how: AxisResize][] => {
    const axis = call.axis(0, onnxAxis)
    const [size, out] = [x.layout.shape[axis]!, shape[axis]!]
    // ONNX Runtime does not crop what it does not resize
    if ((scales ? scales[i]! : out / size) === 1) return []
    const part = roi ? ([roi[i]!, roi[i + axes.length]!] as const) : ([0, 1] as const)
    const how = {
      size,
      out,
      scale: scales ? scales[i]! : out / size,
      mode,
      coordinates,
      roi: part,
      antialias: call.int('antialias', 0) === 1,
      cubic: call.float('cubic_coeff_a', -0.75),
      excludeOutside: call.int('exclude_outside', 0) === 1,
    } as const
    return placeOf(0, how) === undefined
      ? call.refuse(`its coordinates are ${coordinates}`, 'Export it with half_pixel or asymmetric coordinates.')
      : [[axis, how]]
  })
}

/** Outside of the input stands a constant, where coordinates can lie there. */
function extrapolated(call: Call, source: Source, resized: readonly [axis: number, how: AxisResize][]): Source {
  const { shape } = call.output()
  const inside = resized.map(
    ([axis, how]) =>
      [axis, Array.from({ length: how.out }, (_, i) => (isInside(placeOf(i, how)!, how) ? 1 : 0))] as const,
  )
  if (inside.every(([, list]) => list.every((one) => one === 1))) return source
  const first = Math.min(...inside.map(([axis]) => axis))
  const operandShape = shape.slice(first).map((n, i) => (inside.some(([axis]) => axis === first + i) ? n : 1))
  const mask = Float32Array.from({ length: sizeOf(operandShape) }, () => 1)
  const strides = stridesOf(operandShape)
  for (const [axis, list] of inside)
    mask.forEach((_, i) => (mask[i]! *= list[Math.floor(i / strides[axis - first]!) % list.length]!))
  const masked = call.byConstant('mul', source, shape, { data: mask, shape: operandShape })
  const value = call.float('extrapolation_value', 0)
  return value === 0
    ? masked
    : call.byConstant('add', masked, shape, { data: mask.map((m) => (1 - m) * value), shape: operandShape })
}

export const windows: Readonly<Record<string, Rule>> = {
  Conv: conv,
  MaxPool: maxPool,
  AveragePool: averagePool,
  Resize: resize,
  GlobalAveragePool: globalPool('globalAveragePool'),
  GlobalMaxPool: globalPool('globalMaxPool'),
}
