import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { parsePreprocess, preprocess, type PreprocessSpec } from './preprocess.js'

const picture = (c: number, h: number, w: number) => ({
  image: { data: Uint8Array.from({ length: c * h * w }, (_, i) => (i * 37) % 256), shape: [c, h, w] },
  label: 3,
})

/** The definition, pixel by pixel. */
function naive(spec: PreprocessSpec, { image }: ReturnType<typeof picture>): number[] {
  const [c, h, w] = image.shape as [number, number, number]
  const [height, width] = spec.size ?? [h, w]
  const top = Math.floor((h - height) / 2)
  const left = Math.floor((w - width) / 2)
  const pixel = (channel: number, y: number, x: number) => image.data[(channel * h + y + top) * w + x + left]!
  const order = { rgb: [0, 1, 2], bgr: [2, 1, 0], gray: [0] }[spec.channels ?? 'rgb']
    .map((channel) => (c === 1 ? 0 : channel))
    .slice(0, spec.channels ? 3 : c)
  const at = (list: number | readonly number[] | undefined, channel: number, otherwise: number) =>
    typeof list === 'number' ? list : (list?.[channel] ?? otherwise)
  const out: number[] = []
  const push = (channel: number, y: number, x: number) =>
    out.push(
      Math.fround(
        (pixel(order[channel]!, y, x) * (spec.scale ?? 1 / 255) - at(spec.mean, channel, 0)) / at(spec.std, channel, 1),
      ),
    )
  if (spec.layout === 'nhwc')
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) order.forEach((_, channel) => push(channel, y, x))
  else
    order.forEach((_, channel) => {
      for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) push(channel, y, x)
    })
  return out
}

describe('preprocess', () => {
  it.each<[PreprocessSpec, number, number[]]>([
    [{}, 3, [3, 7, 6]],
    [{}, 1, [1, 7, 6]],
    [{ size: [4, 5] }, 3, [3, 4, 5]],
    [{ channels: 'bgr', mean: [104, 117, 123], std: [1, 2, 3], scale: 1, size: [2, 3] }, 3, [3, 2, 3]],
    [{ channels: 'rgb', layout: 'nhwc', mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }, 3, [7, 6, 3]],
    [{ channels: 'rgb', mean: 0.5 }, 1, [3, 7, 6]],
    [{ channels: 'gray', layout: 'flat', scale: 1 / 127.5, mean: [1] }, 1, [42]],
  ])('%j of %i channels', (spec, channels, shape) => {
    const sample = picture(channels, 7, 6)
    const [x, y] = preprocess(spec)(sample)
    expect([x.shape, x.dtype, y]).toEqual([shape, 'float32', 3])
    expect(Array.from(x.data)).toEqual(naive(spec, sample))
  })

  it('makes gray of colour by the luma of ITU-R BT.601', () => {
    const sample = {
      image: { data: Uint8Array.of(255, 0, 0, 10, 0, 255, 0, 20, 0, 0, 255, 30), shape: [3, 1, 4] },
      label: 0,
    }
    expect([...preprocess({ channels: 'gray', scale: 1 })(sample)[0].data]).toEqual([76, 150, 29, 18])
  })

  it('refuses pictures that do not fit', () => {
    expect(() => preprocess({ size: [8, 6] })(picture(3, 7, 6))).toThrow(
      /picture of 7 x 6 .*expected at least 8 x 6.*Enlarge/,
    )
    expect(() => preprocess({ mean: [1, 2, 3] })(picture(1, 7, 6))).toThrow(
      /preprocess\.mean has 3 numbers for pictures of 1 channels/,
    )
    expect(() => preprocess({ channels: 'rgb' })(picture(2, 7, 6))).toThrow(/\[2,7,6\] to channels 'rgb'/)
    expect(() => preprocess({})({ image: { data: new Float32Array(4), shape: [1, 2, 2] }, label: 0 })).toThrow(
      /expected uint8 pixels/,
    )
  })
})

describe('parsePreprocess', () => {
  it('returns plain data that survive JSON', () => {
    const spec = { size: [227, 227], channels: 'bgr', layout: 'nchw', scale: 0.00392, mean: [1, 2, 3], std: [1, 1, 1] }
    expect(parsePreprocess(JSON.parse(JSON.stringify(spec)))).toEqual(spec)
    expect(parsePreprocess({})).toEqual({})
  })

  it.each<[unknown, string]>([
    [null, 'preprocess'],
    [[], 'preprocess'],
    ['{}', 'preprocess'],
    [{ crop: 1 }, 'preprocess.crop'],
    [{ constructor: 1 }, 'preprocess.constructor'],
    [{ size: 224 }, 'preprocess.size'],
    [{ size: [224, 0] }, 'preprocess.size'],
    [{ channels: 'RGB' }, 'preprocess.channels'],
    [{ layout: 'chw' }, 'preprocess.layout'],
    [{ scale: '1/255' }, 'preprocess.scale'],
    [{ scale: 0 }, 'preprocess.scale'],
    [{ mean: [] }, 'preprocess.mean'],
    [{ mean: [1, NaN, 2] }, 'preprocess.mean'],
    [{ std: [1, 0, 1] }, 'preprocess.std'],
    [{ channels: 'bgr', std: [1, 2] }, 'preprocess.std'],
    [{ channels: 'gray', mean: [1, 2, 3] }, 'preprocess.mean'],
  ])('%j is refused by the name of the field', (value, name) => {
    try {
      parsePreprocess(value)
      expect.unreachable()
    } catch (error) {
      expect(isSnnError(error, 'ARGUMENT') && error.details.name).toBe(name)
      expect((error as Error).message).toContain(`[preprocess] ${name} is `)
    }
  })
})
