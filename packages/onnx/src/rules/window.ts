import { formatDims } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Call } from '../read/call.js'

/** The sliding window of a convolution or pooling, with all attributes given and explicit pads. */
export interface Window {
  readonly kernel_shape: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** All begins, then all ends. */
  readonly pads: readonly number[]
  /** 1 only where the last, incomplete window counts and end pads cannot say so. */
  readonly ceil_mode: number
  /** Sizes of the result. */
  readonly sizes: readonly Dim[]
}

function positive(call: Call, name: string, length: number): readonly number[] {
  const list = call.ints(
    name,
    Array.from({ length: length }, () => 1),
  )
  if (list.length !== length || list.some((n) => n < 1 || n > 2 ** 31))
    call.fail(`${name} [${list.join(',')}], expected ${length} numbers of at least 1`)
  return list
}

/** `kernel` defaults to the attribute kernel_shape. `ceilPads`: an incomplete last window is said by end pads. */
export function slidingWindow(
  call: Call,
  spatial: readonly Dim[],
  kernel = call.ints('kernel_shape'),
  ceilPads = false,
): Window {
  const axes = spatial.length
  if (axes === 0) call.fail(`input of shape ${formatDims(call.shape(0))}, expected [N, C, ...]`)
  if (kernel.length !== axes || kernel.some((k) => k < 1 || k > 2 ** 31))
    call.fail(`kernel_shape [${kernel.join(',')}] for ${axes} spatial axes`)
  const strides = positive(call, 'strides', axes)
  const dilations = positive(call, 'dilations', axes)
  const pads = [...explicitPads(call, spatial, kernel, strides, dilations)]
  const ceil = call.int('ceil_mode', 0) === 1
  let ceilMode = 0
  const sizes = spatial.map((size, i) => {
    const reach = dilations[i]! * (kernel[i]! - 1) + 1
    const total = pads[i]! + pads[i + axes]!
    if (typeof size === 'string') {
      if (ceil && strides[i]! > 1) ceilMode = 1
      return strides[i] === 1 && total === reach - 1 ? size : call.unknown()
    }
    const room = size + total - reach
    if (room < 0) call.fail(`a window of ${reach} does not fit into size ${size} with pads of ${total}`)
    const stride = strides[i]!
    const steps = Math.floor(room / stride)
    const next = (steps + 1) * stride
    if (!ceil || room % stride === 0 || next >= size + pads[i]!) return steps + 1
    const end = pads[i + axes]! + next - room
    if (ceilPads && end < kernel[i]!) pads[i + axes] = end
    else ceilMode = 1
    return steps + 2
  })
  return { kernel_shape: kernel, strides, dilations, pads, ceil_mode: ceilMode, sizes }
}

/** auto_pad as numbers. */
function explicitPads(
  call: Call,
  spatial: readonly Dim[],
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): readonly number[] {
  const auto = call.string('auto_pad', 'NOTSET')
  const axes = spatial.length
  if (auto === 'VALID') return Array.from({ length: 2 * axes }, () => 0)
  if (auto === 'NOTSET' || auto === '') {
    const pads = call.ints(
      'pads',
      Array.from({ length: 2 * axes }, () => 0),
    )
    if (pads.length !== 2 * axes || pads.some((p) => p < 0 || p > 2 ** 31))
      call.fail(`pads [${pads.join(',')}], expected ${2 * axes} numbers of at least 0`)
    return pads
  }
  if (auto !== 'SAME_UPPER' && auto !== 'SAME_LOWER') call.fail(`auto_pad "${auto}"`)
  const totals = spatial.map((size, i) => {
    const reach = dilations[i]! * (kernel[i]! - 1) + 1
    if (strides[i] === 1) return reach - 1
    if (typeof size === 'string')
      return call.refuse(
        `its padding follows from size ${size}, which is not fixed`,
        `Give the size: readOnnx(bytes, { sizes: { ${size}: ... } }).`,
      )
    return Math.max(0, (Math.ceil(size / strides[i]!) - 1) * strides[i]! + reach - size)
  })
  const small = totals.map((t) => Math.floor(t / 2))
  const large = totals.map((t) => Math.ceil(t / 2))
  return auto === 'SAME_UPPER' ? [...small, ...large] : [...large, ...small]
}
