import { convLayer, type NetworkNode } from '@snn/nn'
import { sizeOf, type Shape } from '@snn/tensor'

/** How a weighted layer reads its input: for each place of its output, a row of inputs for each group. */
export interface Patches {
  readonly groups: number
  /** Inputs of one row: weights of one output channel. */
  readonly inputs: number
  /** Output channels of one group. */
  readonly outputs: number
  /** Places of one sample's output. */
  readonly places: number
  /** Copies the row of `place` and `group` of a sample that begins at `offset` of `data` to `to` at `at`. */
  copy(data: ArrayLike<number>, offset: number, place: number, group: number, to: Float32Array, at: number): void
  /** Index of output channel `channel` at `place` in a sample of the output. */
  index(channel: number, place: number): number
}

export function patchesOf({ layer }: NetworkNode, from: Shape, to: Shape): Patches {
  const [channels, inputs, ...kernel] = layer.variables['weight']!.shape as [number, number, ...number[]]
  if (!convLayer.is(layer)) {
    const places = sizeOf(to) / channels
    return {
      groups: 1,
      inputs,
      outputs: channels,
      places,
      copy(data, offset, place, _, row, at) {
        for (let i = 0; i < inputs; i++) row[at + i] = data[offset + place * inputs + i]!
      },
      index: (channel, place) => place * channels + channel,
    }
  }
  const { stride, padding, dilation, groups } = layer.config
  const two = (list: readonly number[], fill: number): readonly [number, number] =>
    list.length === 1 ? [fill, list[0]!] : (list as [number, number])
  const [kh, kw] = two(kernel, 1)
  const [sh, sw] = two(stride, 1)
  const [dh, dw] = two(dilation, 1)
  const [ph, pw] = two(
    padding.map(([low]) => low),
    0,
  )
  const [h, w] = two(from.slice(1), 1)
  const [oh, ow] = two(to.slice(1), 1)
  return {
    groups,
    inputs: inputs * kh * kw,
    outputs: channels / groups,
    places: oh * ow,
    copy(data, offset, place, group, row, at) {
      const [top, left] = [Math.floor(place / ow) * sh - ph, (place % ow) * sw - pw]
      let next = at
      for (let c = 0; c < inputs; c++) {
        const plane = offset + (group * inputs + c) * h * w
        for (let i = 0; i < kh; i++) {
          const y = top + i * dh
          for (let j = 0; j < kw; j++) {
            const x = left + j * dw
            row[next++] = y >= 0 && y < h && x >= 0 && x < w ? data[plane + y * w + x]! : 0
          }
        }
      }
    },
    index: (channel, place) => channel * oh * ow + place,
  }
}
