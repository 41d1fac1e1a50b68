import type { Rule } from '../call.js'
import type { Source } from '../draft.js'
import { pairs } from './window.js'

/**
 * A transposed convolution is a convolution, with the kernel turned around, of the input with `stride - 1` zeros behind
 * each value: reshape, pad, reshape, conv.
 */
export const convTranspose: Rule = (call) => {
  const x = call.batched(0, 2)
  const [channels, ...spatial] = x.layout.shape as [number, ...number[]]
  if (spatial.length > 2)
    return call.refuse(`it slides over ${spatial.length} axes`, 'Use a model with 1-D or 2-D layers.')
  const groups = call.int('group', 1)
  const [stride, dilation, kernel, extra] = [
    call.ints('strides'),
    call.ints('dilations'),
    call.ints('kernel_shape'),
    call.ints('output_padding'),
  ]
  const pads = pairs(call.ints('pads'))
  let source: Source = x.source
  if (stride.some((s) => s > 1)) {
    const zeros = [
      [0, 0],
      ...stride.flatMap((s) => [
        [0, 0],
        [0, s - 1],
      ]),
    ]
    const apart = call.reshape(source, [channels, ...spatial.flatMap((n) => [n, 1])])
    const padded = call.emit(
      'pad',
      'pad',
      [apart],
      { padding: zeros, value: 0 },
      { shape: [channels, ...spatial.flatMap((n, i) => [n, stride[i]!])] },
    )
    source = call.reshape(padded, [channels, ...spatial.map((n, i) => n * stride[i]!)])
  }
  // what must stand before and behind; negative: cut off
  const border = spatial.map((_, i) => {
    const reach = dilation[i]! * (kernel[i]! - 1)
    return [reach - pads[i]![0], reach - pads[i]![1] + extra[i]! - (stride[i]! - 1)] as const
  })
  const shape = [channels, ...spatial.map((n, i) => n * stride[i]!)]
  border.forEach(([low, high], i) => {
    const [start, end] = [Math.max(0, -low), shape[i + 1]! + Math.min(0, high)]
    if (start === 0 && end === shape[i + 1]) return
    shape[i + 1] = end - start
    source = call.emit('slice', 'slice', [source], { axis: i + 1, start, end, step: 1 }, { shape: [...shape] })
  })
  const weight = turned(call.array(1, 'weight W'), groups)
  const bias = call.has(2) ? { bias: call.array(2, 'bias B') } : {}
  const padding = border.map(([low, high]) => [Math.max(0, low), Math.max(0, high)] as const)
  return call.emit(
    'conv',
    'conv',
    [source],
    { stride: stride.map(() => 1), padding, dilation, groups },
    { arrays: { weight, ...bias } },
  )
}

/** The weight [M, C / groups, kernel] of a convolution from that of a transposed one, [C, M / groups, kernel]. */
function turned(
  { data, shape }: { readonly data: Float32Array; readonly shape: readonly number[] },
  groups: number,
): { readonly data: Float32Array; readonly shape: readonly number[] } {
  const [inputs, outputs, ...kernel] = shape as [number, number, ...number[]]
  const size = kernel.reduce((a, b) => a * b, 1)
  const perGroup = inputs / groups
  const out = new Float32Array(data.length)
  for (let c = 0; c < inputs; c++) {
    const group = Math.floor(c / perGroup)
    for (let m = 0; m < outputs; m++) {
      const [from, to] = [(c * outputs + m) * size, ((group * outputs + m) * perGroup + (c % perGroup)) * size]
      for (let k = 0; k < size; k++) out[to + k] = data[from + size - 1 - k]!
    }
  }
  return { data: out, shape: [outputs * groups, perGroup, ...kernel] }
}
