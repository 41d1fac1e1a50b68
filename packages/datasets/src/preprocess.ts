import { SnnError, formatShape, type Shape, type TensorLike } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import type { ImageSample } from './dataset.js'
import { fitPicture, pixelsOf } from './fit-picture.js'
import { preprocessPresets } from './preprocess-presets.js'
import type { Interpolation } from './resize.js'

/**
 * How pixels become the input of a network, as plain data (JSON):
 *
 *   x = (pixel * scale - mean) / std      pixel in 0..255, after resizing by `resize` and a centre crop to `size`
 */
export interface PreprocessSpec {
  /**
   * The shorter side after resizing, which keeps the shape of the picture, or [height, width] to squash it to. Without
   * it pictures stay as large as they are.
   */
  readonly resize?: number | readonly [height: number, width: number]
  /** Of `resize`; default `bilinear`. Each is that of Pillow: where pictures shrink, every pixel counts. */
  readonly interpolation?: Interpolation
  /** [height, width] of the centre crop; without it the whole picture. */
  readonly size?: readonly [height: number, width: number]
  /**
   * Channels given to the network, in this order; without it as stored. `gray` = 0.299 R + 0.587 G + 0.114 B, rounded.
   */
  readonly channels?: 'rgb' | 'bgr' | 'gray'
  /** Shape of one sample: `nchw` [C, H, W] (default), `nhwc` [H, W, C], `flat` [C * H * W], `flat-nhwc` [H * W * C]. */
  readonly layout?: 'nchw' | 'nhwc' | 'flat' | 'flat-nhwc'
  /** Default 1 / 255: pixels become 0..1. */
  readonly scale?: number
  /** One number for all channels or one each, in the order of `channels`, in units of pixel * scale. Default 0. */
  readonly mean?: number | readonly number[]
  /** As `mean`. Default 1. */
  readonly std?: number | readonly number[]
}

const channelCount = { rgb: 3, bgr: 3, gray: 1 } as const
const fields: Readonly<Record<keyof PreprocessSpec, readonly [test: (value: unknown) => boolean, expected: string]>> = {
  resize: [
    (v) => isSize(v) || (Array.isArray(v) && v.length === 2 && v.every(isSize)),
    'the shorter side, or [height, width], whole numbers from 1 to 8192',
  ],
  interpolation: [
    (v) => v === 'nearest' || v === 'bilinear' || v === 'bicubic' || v === 'lanczos',
    "'nearest', 'bilinear', 'bicubic' or 'lanczos'",
  ],
  size: [
    (v) => Array.isArray(v) && v.length === 2 && v.every((n) => Number.isInteger(n) && n > 0),
    '[height, width], whole numbers above 0',
  ],
  channels: [(v) => v === 'rgb' || v === 'bgr' || v === 'gray', "'rgb', 'bgr' or 'gray'"],
  layout: [
    (v) => v === 'nchw' || v === 'nhwc' || v === 'flat' || v === 'flat-nhwc',
    "'nchw', 'nhwc', 'flat' or 'flat-nhwc'",
  ],
  scale: [(v) => Number.isFinite(v) && v !== 0, 'a number that is not 0'],
  mean: [(v) => numbersOrNumber(v, () => true), 'a number or an array of them, one for each channel'],
  std: [(v) => numbersOrNumber(v, (n) => n !== 0), 'a number that is not 0 or an array of them, one for each channel'],
}

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 8192
}

function numbersOrNumber(value: unknown, test: (n: number) => boolean): boolean {
  const list = Array.isArray(value) ? value : [value]
  return list.length > 0 && list.every((n) => Number.isFinite(n) && test(n as number))
}

/**
 * Checks what a user or a file gives as a spec: the name of a preset, or an object, which may have a preset to begin
 * with,
 * `{ "preset": "imagenet", "size": [224, 224] }`. Throws `ARGUMENT` naming the field, as `preprocess.size`.
 */
export function parsePreprocess(value: unknown): PreprocessSpec {
  const fail = (name: string, got: unknown, expected: string): never => {
    const text = JSON.stringify(got) ?? String(got)
    throw new SnnError('ARGUMENT', `[preprocess] ${name} is ${text.slice(0, 80)}, expected ${expected}.`, {
      name,
      value: got,
    })
  }
  const names = Object.keys(preprocessPresets).join(', ')
  const presetNamed = (name: string, preset: unknown): PreprocessSpec => {
    if (typeof preset === 'string' && Object.hasOwn(preprocessPresets, preset))
      return preprocessPresets[preset as keyof typeof preprocessPresets]
    return fail(name, preset, `one of ${names}`)
  }
  if (typeof value === 'string') return presetNamed('preprocess', value)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return fail(
      'preprocess',
      value,
      `the name of a preset (${names}) or an object with any of ${Object.keys(fields).join(', ')}`,
    )
  const { preset, ...own } = value as PreprocessSpec & { readonly preset?: unknown }
  const spec =
    preset === undefined ? own : { ...inOrder(presetNamed('preprocess.preset', preset), own.channels), ...own }
  for (const [name, given] of Object.entries(spec)) {
    const field = Object.hasOwn(fields, name) ? fields[name as keyof PreprocessSpec] : undefined
    if (!field) return fail(`preprocess.${name}`, given, `no such field; there are ${Object.keys(fields).join(', ')}`)
    if (!field[0](given)) fail(`preprocess.${name}`, given, field[1])
  }
  const count = spec.channels && channelCount[spec.channels]
  for (const name of ['mean', 'std'] as const) {
    const list = spec[name]
    if (count && Array.isArray(list) && list.length !== count)
      fail(`preprocess.${name}`, list, `${count} numbers for channels '${spec.channels}'`)
  }
  return structuredClone(spec)
}

/** The spec with its numbers for each channel in the order of `channels`. */
function inOrder(spec: PreprocessSpec, channels: PreprocessSpec['channels']): PreprocessSpec {
  const turns = (channels === 'rgb' && spec.channels === 'bgr') || (channels === 'bgr' && spec.channels === 'rgb')
  const turned = (value: number | readonly number[] | undefined) =>
    typeof value === 'object' ? [...value].reverse() : value
  const [mean, std] = [turned(spec.mean), turned(spec.std)]
  return turns ? { ...spec, channels, ...(mean !== undefined && { mean }), ...(std !== undefined && { std }) } : spec
}

/** A function for the loader's `transform`. */
export type PreprocessTransform = (sample: ImageSample) => readonly [x: TensorLike, y: number]

/**
 * The transform that a spec describes, from uint8 [C, H, W] to float32. Throws `ARGUMENT` for a wrong spec at once; the
 * transform throws `SHAPE` for a picture smaller than `size` or with other channels, and `DTYPE` for numbers that are
 * no pixels.
 */
export function preprocess(spec: PreprocessSpec): PreprocessTransform {
  checkObject('preprocess', spec, 'spec', 'a spec such as { scale: 1 / 255 }')
  const {
    resize,
    interpolation = 'bilinear',
    size,
    channels,
    layout = 'nchw',
    scale = 1 / 255,
    mean = 0,
    std = 1,
  } = parsePreprocess(spec)
  const tables = new Map<number, readonly Float32Array[]>()
  const tablesFor = (count: number): readonly Float32Array[] => {
    let found = tables.get(count)
    if (!found)
      tables.set(
        count,
        (found = Array.from({ length: count }, (_, c) =>
          table(scale, perChannel(mean, c, count, 'mean'), perChannel(std, c, count, 'std')),
        )),
      )
    return found
  }
  const fit = fitPicture({ ...(resize !== undefined && { resize }), interpolation, ...(size && { size }) })
  return (sample) => {
    checkMembers('preprocess', sample, 'sample', ['image'], 'a sample of a data set: { image, label }')
    const { image, label } = sample
    const [c, height, width, planes] = planesOf(fit(image), channels)
    const lookup = tablesFor(c)
    const area = height * width
    const x = new Float32Array(c * area)
    const channelsLast = layout === 'nhwc' || layout === 'flat-nhwc'
    const step = channelsLast ? c : 1
    planes.forEach((plane, channel) => {
      const values = lookup[channel]!
      for (let i = 0, to = channelsLast ? channel : channel * area; i < area; i++, to += step)
        x[to] = values[plane[i]!]!
    })
    const shape: Shape = layout === 'nchw' ? [c, height, width] : layout === 'nhwc' ? [height, width, c] : [x.length]
    return [{ data: x, shape, dtype: 'float32' }, label]
  }
}

/** What each of the 256 pixel values becomes. */
function table(scale: number, mean: number, std: number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, pixel) => (pixel * scale - mean) / std)
}

function perChannel(value: number | readonly number[], channel: number, count: number, name: string): number {
  if (typeof value === 'number') return value
  if (value.length === count) return value[channel]!
  throw new SnnError(
    'ARGUMENT',
    `[preprocess] preprocess.${name} has ${value.length} numbers for pictures of ${count} channels, expected one for each.`,
    { name: `preprocess.${name}`, value },
  )
}

/** The channel planes in the order asked for. */
function planesOf(
  image: TensorLike,
  channels: PreprocessSpec['channels'],
): [c: number, h: number, w: number, planes: Uint8Array[]] {
  const [c = 0, h = 0, w = 0] = image.shape
  const data = pixelsOf(image)
  if (channels !== undefined && c !== 1 && c !== 3) {
    throw new SnnError(
      'SHAPE',
      `[preprocess] image of shape ${formatShape(image.shape)} to channels '${channels}', expected [C, H, W] with C 1 or 3.`,
      { shapes: [image.shape] },
    )
  }
  const area = h * w
  const planes = Array.from({ length: c }, (_, i) => data.subarray(i * area, (i + 1) * area))
  if (channels === 'gray' && c === 3) return [1, h, w, [luma(planes)]]
  if (channels === 'bgr') planes.reverse()
  if ((channels === 'rgb' || channels === 'bgr') && c === 1) return [3, h, w, [planes[0]!, planes[0]!, planes[0]!]]
  return [c, h, w, planes]
}

/** ITU-R BT.601 luma in 16-bit fixed point. */
function luma(planes: readonly Uint8Array[]): Uint8Array {
  const [r, g, b] = planes as [Uint8Array, Uint8Array, Uint8Array]
  return r.map((red, i) => (red * 19595 + g[i]! * 38470 + b[i]! * 7471 + 0x8000) >> 16)
}
