import { formatDims, isStatic, product } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { sameDim } from './shapes.js'
import { slidingWindow } from './window.js'

/** X [N, C, ...], W [M, C / group, ...], optional B [M]. */
function conv(call: Call): Result {
  call.sameTypes()
  return convolve(call)
}

/** The same where the types differ, as those of quantised inputs do. */
export function convolve(call: Call): Result {
  const [batch, channels, ...spatial] = call.shape(0)
  const [filters, perGroup, ...kernel] = call.shape(1)
  const group = call.int('group', 1)
  if (
    batch === undefined ||
    channels === undefined ||
    filters === undefined ||
    perGroup === undefined ||
    kernel.length !== spatial.length
  ) {
    return call.fail(`X of shape ${formatDims(call.shape(0))} with W of shape ${formatDims(call.shape(1))}`)
  }
  checkKernel(call, kernel)
  if (group < 1 || (typeof filters === 'number' && filters % group !== 0))
    call.fail(`group ${group} for ${filters} filters`)
  if (typeof perGroup === 'number')
    sameDim(
      call,
      channels,
      perGroup * group,
      () => `X has ${channels} channels, W expects ${perGroup} x ${group} groups`,
    )
  checkBias(call, filters)
  const { sizes, ceil_mode: _, ...window } = slidingWindow(call, spatial, kernel as number[])
  return { outputs: [{ dtype: call.dtype(0), shape: [batch, filters, ...sizes] }], attributes: { ...window, group } }
}

function checkKernel(call: Call, kernel: readonly Dim[]): void {
  if (!isStatic(kernel)) call.refuse('the size of its kernel is not fixed', 'Export the model with fixed weights.')
  if (call.hasAttribute('kernel_shape')) {
    const given = call.ints('kernel_shape')
    if (given.length !== kernel.length || given.some((k, i) => k !== kernel[i]))
      call.fail(`kernel_shape [${given.join(',')}] with W of shape ${formatDims(call.shape(1))}`)
  }
}

function checkBias(call: Call, filters: Dim): void {
  if (!call.has(2)) return
  const shape = call.shape(2)
  const what = (): string => `B of shape ${formatDims(shape)} for ${filters} filters`
  if (shape.length !== 1) call.fail(what())
  sameDim(call, shape[0]!, filters, what)
}

/** X [N, C, ...], W [C, M / group, ...]: size = stride (in - 1) + output_padding + reach - pads. */
function convTranspose(call: Call): Result {
  call.sameTypes()
  const [batch, channels, ...spatial] = call.shape(0)
  const [inputs, perGroup, ...kernel] = call.shape(1)
  const group = call.int('group', 1)
  const axes = spatial.length
  if (
    batch === undefined ||
    channels === undefined ||
    inputs === undefined ||
    typeof perGroup !== 'number' ||
    kernel.length !== axes ||
    axes === 0
  ) {
    return call.fail(`X of shape ${formatDims(call.shape(0))} with W of shape ${formatDims(call.shape(1))}`)
  }
  checkKernel(call, kernel)
  sameDim(call, channels, inputs, () => `X has ${channels} channels, W expects ${inputs}`)
  checkBias(call, perGroup * group)
  const list = (name: string, value: number, length = axes): readonly number[] => {
    const out = call.ints(
      name,
      Array.from({ length: length }, () => value),
    )
    if (out.length !== length || out.some((n) => n < value || n > 2 ** 31))
      call.fail(`${name} [${out.join(',')}], expected ${length} numbers of at least ${value}`)
    return out
  }
  const strides = list('strides', 1)
  const dilations = list('dilations', 1)
  const given = list('output_padding', 0)
  const extra = [...given]
  const auto = call.string('auto_pad', 'NOTSET')
  const natural = spatial.map((d, i) =>
    typeof d === 'number'
      ? strides[i]! * (d - 1) + given[i]! + dilations[i]! * ((kernel[i] as number) - 1) + 1
      : undefined,
  )
  let pads = list('pads', 0, 2 * axes)
  const wanted = call.hasAttribute('output_shape') ? call.ints('output_shape') : undefined
  if (wanted || auto.startsWith('SAME')) {
    const totals = natural.map((size, i) => {
      if (size === undefined)
        return call.refuse('its padding follows from a size that is not fixed', 'Give the size with the option sizes.')
      const out = wanted?.at(i - axes)
      // places that no window reaches stand at the end, as those of output_padding
      if (out !== undefined && out > size) extra[i]! += out - size
      return Math.max(0, size - (out ?? (spatial[i] as number) * strides[i]!))
    })
    extra.forEach((n, i) => {
      if (n > 0 && n >= Math.max(strides[i]!, dilations[i]!))
        call.refuse(
          `its output_shape [${wanted?.join(',')}] is larger than any input of a convolution that gives the size at hand`,
          'Export it with padding behind it in place of the larger output_shape.',
        )
    })
    const [small, large] = [totals.map((t) => Math.floor(t / 2)), totals.map((t) => Math.ceil(t / 2))]
    pads = auto === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small]
  } else if (auto === 'VALID') pads = Array.from({ length: 2 * axes }, () => 0)
  const sizes = natural.map((size, i) =>
    size === undefined ? call.unknown() : size + extra[i]! - given[i]! - pads[i]! - pads[i + axes]!,
  )
  if (sizes.some((s) => typeof s === 'number' && s < 1))
    call.fail(`pads [${pads.join(',')}] leave nothing of ${natural.join(' x ')}`)
  return {
    outputs: [{ dtype: call.dtype(0), shape: [batch, perGroup * group, ...sizes] }],
    attributes: { kernel_shape: kernel as number[], strides, dilations, pads, output_padding: extra, group },
  }
}

function pool(call: Call): Result {
  const [batch, channels, ...spatial] = call.shape(0)
  if (batch === undefined || channels === undefined)
    return call.fail(`input of shape ${formatDims(call.shape(0))}, expected [N, C, ...]`)
  const counting = call.int('count_include_pad', 0)
  const { sizes, ...window } = slidingWindow(
    call,
    spatial,
    undefined,
    call.node.op === 'MaxPool' || (call.node.op === 'AveragePool' && counting === 0),
  )
  const shape = [batch, channels, ...sizes]
  const outputs = [
    { dtype: call.dtype(0), shape },
    { dtype: 'int64' as const, shape },
  ]
  switch (call.node.op) {
    case 'MaxPool':
      return { outputs, attributes: { ...window, storage_order: call.int('storage_order', 0) } }
    case 'AveragePool':
      return { outputs, attributes: { ...window, count_include_pad: counting } }
    default:
      return { outputs, attributes: { ...window, p: call.int('p', 2) } }
  }
}

function globalPool(call: Call): Result {
  if (call.rank(0) < 2) call.fail(`input of shape ${formatDims(call.shape(0))}, expected [N, C, ...]`)
  const shape = call.shape(0).map((d, i) => (i < 2 ? d : 1))
  return {
    outputs: [{ dtype: call.dtype(0), shape }],
    attributes: call.node.op === 'GlobalLpPool' ? { p: call.int('p', 2) } : {},
  }
}

/**
 * Upsample and Resize: `axes` names the axes that change, in order; then either input 2 `scales` or input 3 `sizes` for
 * these axes. What Upsample and Resize did before opset 11 is said by the attributes.
 */
function resize(call: Call): Result {
  const shape = call.shape(0)
  const old = call.node.op === 'Upsample' || call.opset < 11
  const only = call.hasAttribute('axes')
    ? call.ints('axes').map((a) => call.axis(a, shape.length))
    : shape.map((_, i) => i)
  const mode = call.string('mode', 'nearest')
  let coordinates = old ? 'asymmetric' : call.string('coordinate_transformation_mode', 'half_pixel')
  if (coordinates === 'tf_half_pixel_for_nn')
    call.refuse(`its coordinates are ${coordinates}`, 'Export it with half_pixel or align_corners.')
  if (coordinates === '') coordinates = 'half_pixel'
  const crops = coordinates === 'tf_crop_and_resize'
  const roi = crops ? call.numbers(1, 'roi') : []
  if (crops && roi.length !== 2 * only.length) call.fail(`its roi has ${roi.length} numbers for ${only.length} axes`)
  if (call.string('keep_aspect_ratio_policy', 'stretch') !== 'stretch')
    call.refuse('it keeps the aspect ratio', 'Export it with the final sizes.')
  const scaleInput = old ? 1 : 2
  const sized = !old && call.has(3) && call.shape(3)[0] !== 0
  const scales = sized ? undefined : old && call.opset < 9 ? call.floats('scales') : call.numbers(scaleInput, 'scales')
  const sizes = sized ? call.elements(3) : undefined
  const given =
    scales ?? sizes ?? call.refuse('its sizes are computed at run time', 'Export the model with fixed sizes.')
  if (given.length !== only.length) call.fail(`it has ${given.length} scales or sizes for ${only.length} axes`)
  const out = [...shape]
  const axes: number[] = []
  const kept: number[] = []
  const parts: (readonly [number, number])[] = []
  only.forEach((axis, i) => {
    const size = shape[axis]!
    const value = given[i]!
    const part = crops ? ([roi[i]!, roi[i + only.length]!] as const) : ([0, 1] as const)
    if (
      part[0] === 0 &&
      part[1] === 1 &&
      (scales ? value === 1 : value === size || (axis === 0 && call.batch?.size === value))
    )
      return
    if (typeof value !== 'number' || !(value > 0) || value > 2 ** 31)
      return call.refuse(`a scale or size is ${value}`, 'Export the model with fixed sizes.')
    axes.push(axis)
    kept.push(value)
    parts.push(part)
    out[axis] = sizes
      ? value
      : typeof size === 'number'
        ? Math.floor(Math.fround(size * value))
        : Number.isInteger(value)
          ? product([size, value])
          : call.unknown()
  })
  if (axes.length === 0) return { same: call.input(0) }
  const seen = crops
    ? call.addNumbers('roi', [...parts.map(([start]) => start), ...parts.map(([, end]) => end)], 'float32')
    : ''
  const constant = scales ? call.addNumbers('scales', kept, 'float32') : call.addNumbers('sizes', kept)
  return {
    op: 'Resize',
    outputs: [{ dtype: call.dtype(0), shape: out }],
    inputs: scales ? [call.input(0), seen, constant] : [call.input(0), seen, '', constant],
    attributes: {
      axes,
      mode: mode === 'bilinear' ? 'linear' : mode,
      coordinate_transformation_mode: coordinates,
      nearest_mode: old
        ? kept.some((s) => s < 1)
          ? 'ceil'
          : 'floor'
        : call.string('nearest_mode', 'round_prefer_floor'),
      antialias: call.int('antialias', 0),
      cubic_coeff_a: call.float('cubic_coeff_a', -0.75),
      exclude_outside: call.int('exclude_outside', 0),
      ...(crops && { extrapolation_value: call.float('extrapolation_value', 0) }),
    },
  }
}

export const convolution: Readonly<Record<string, Rule>> = {
  Conv: conv,
  ConvTranspose: convTranspose,
  MaxPool: pool,
  AveragePool: pool,
  LpPool: pool,
  GlobalAveragePool: globalPool,
  GlobalMaxPool: globalPool,
  GlobalLpPool: globalPool,
  Resize: resize,
  Upsample: resize,
}
