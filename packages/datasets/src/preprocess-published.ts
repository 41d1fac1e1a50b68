import { checkObject } from '@snn/tensor/library'
import { parsePreprocess, type PreprocessSpec } from './preprocess.js'

type Json = Readonly<Record<string, unknown>>

/** Pillow's numbers of filters, as files of Hugging Face have them. */
const resamplings = ['nearest', 'lanczos', 'bilinear', 'bicubic'] as const

/**
 * The preprocessing that a network's publisher has left in a JSON file beside it: Hugging Face's
 * `preprocessor_config.json` (image processors of transformers) or timm's `config.json` (`pretrained_cfg`). Undefined
 * for JSON that says nothing about pictures; throws `ARGUMENT` for numbers that make no sense.
 */
export function publishedPreprocess(json: unknown): PreprocessSpec | undefined {
  if (!isObject(json)) return undefined
  const timm = isObject(json['pretrained_cfg']) ? json['pretrained_cfg'] : json
  if (Array.isArray(timm['input_size']) && Array.isArray(timm['mean'])) return fromTimm(timm)
  return 'image_mean' in json || 'do_normalize' in json || 'do_rescale' in json || 'image_processor_type' in json
    ? fromTransformers(json)
    : undefined
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** { "mean", "std", "input_size": [C, H, W], "crop_pct", "crop_mode": "center" or "squash", "interpolation" } */
function fromTimm({ mean, std, input_size, crop_pct = 0.875, crop_mode, interpolation }: Json): PreprocessSpec {
  const [channels, height, width] = input_size as number[]
  const side = Math.floor(Math.min(height!, width!) / (crop_pct as number))
  return parsePreprocess({
    scale: 1 / 255,
    mean,
    std,
    ...colours(channels === 1, false),
    resize: crop_mode === 'squash' ? [height, width] : side,
    ...(resamplings.includes(interpolation as never) && { interpolation }),
    size: [height, width],
  })
}

/**
 * Fields as image processors of transformers have them:
 * https://huggingface.co/docs/transformers/main_classes/image_processor
 */
function fromTransformers(json: Json): PreprocessSpec {
  const {
    image_mean = [0.5, 0.5, 0.5],
    image_std = [0.5, 0.5, 0.5],
    do_normalize = true,
    do_rescale = true,
    rescale_factor = 1 / 255,
    rescale_offset,
  } = json
  const scale = do_rescale === false ? 1 : (rescale_factor as number)
  // with an offset pixels are first brought to pixel * scale - 1
  const offset = rescale_offset === true ? 1 : 0
  const means = do_normalize === false ? 0 : image_mean
  const mean = Array.isArray(means) ? means.map((m: number) => m + offset) : (means as number) + offset
  return parsePreprocess({
    scale,
    mean,
    ...(do_normalize !== false && { std: image_std }),
    ...colours(Array.isArray(image_mean) && image_mean.length === 1, json['do_flip_channel_order'] === true),
    ...resizing(json),
  })
}

function colours(isGray: boolean, isTurned: boolean): Pick<PreprocessSpec, 'channels'> {
  return { channels: isGray ? 'gray' : isTurned ? 'bgr' : 'rgb' }
}

function resizing({
  do_resize = true,
  size,
  do_center_crop = false,
  crop_size,
  crop_pct,
  resample,
}: Json): Pick<PreprocessSpec, 'resize' | 'size' | 'interpolation'> {
  const crop = do_center_crop === true ? pair(crop_size) : undefined
  if (do_resize === false || size === undefined || size === null) return crop ? { size: crop } : {}
  const interpolation = resamplings[resample as number]
  const shortest =
    typeof size === 'number'
      ? crop
        ? size
        : undefined
      : isObject(size) && typeof size['shortest_edge'] === 'number'
        ? size['shortest_edge']
        : undefined
  const filter = interpolation === undefined ? {} : { interpolation }
  // ConvNeXt and others: below 384 the picture is made larger by 1 / crop_pct and cropped, from there on squashed
  if (shortest !== undefined && typeof crop_pct === 'number')
    return shortest < 384
      ? { resize: Math.floor(shortest / crop_pct), ...filter, size: [shortest, shortest] }
      : { resize: [shortest, shortest], ...filter }
  const squashed = pair(size)
  const resize = shortest ?? squashed
  return { ...(resize !== undefined && { resize, ...filter }), ...(crop ? { size: crop } : {}) }
}

/** 224, { "height": 224, "width": 224 } or [224, 224]. */
function pair(size: unknown): readonly [number, number] | undefined {
  if (typeof size === 'number') return [size, size]
  if (Array.isArray(size) && size.length === 2) return size as unknown as [number, number]
  return isObject(size) && typeof size['height'] === 'number' && typeof size['width'] === 'number'
    ? [size['height'], size['width']]
    : undefined
}

const pixelFormats: Readonly<Record<string, PreprocessSpec['channels']>> = {
  Gray8: 'gray',
  Rgb8: 'rgb',
  Bgr8: 'bgr',
  Rgba8: 'rgb',
  Bgra8: 'bgr',
}
const pixelRanges: Readonly<Record<string, Pick<PreprocessSpec, 'scale' | 'mean'>>> = {
  NominalRange_0_255: { scale: 1 },
  Normalized_0_1: { scale: 1 / 255 },
  Normalized_1_1: { scale: 1 / 127.5, mean: 1 },
}

/**
 * The preprocessing that the metadata of an ONNX file tell: `Image.BitmapPixelFormat` and `Image.NominalPixelRange` of
 * the ONNX standard (https://github.com/onnx/onnx/blob/main/docs/MetadataProps.md), which Custom Vision and WinMLTools
 * write; `task: classify` of Ultralytics, whose networks take 0..1; or lists `mean` and `std` of pixels 0..1. Undefined
 * where they tell nothing.
 */
export function metadataPreprocess(metadata: Readonly<Record<string, string>>): PreprocessSpec | undefined {
  checkObject('metadataPreprocess', metadata, 'metadata', 'the metadata of a graph: texts by name')
  const channels = pixelFormats[metadata['Image.BitmapPixelFormat'] ?? '']
  const range = pixelRanges[metadata['Image.NominalPixelRange'] ?? '']
  if (channels || range) return { ...(channels && { channels }), ...range }
  if (metadata['task'] === 'classify' && metadata['stride'] !== undefined) return { channels: 'rgb', scale: 1 / 255 }
  const [mean, std] = [numbers(metadata['mean']), numbers(metadata['std'])]
  const plausible =
    mean &&
    std &&
    mean.length === std.length &&
    [...mean, ...std].every((n) => n >= 0 && n <= 1) &&
    std.every((n) => n > 0)
  return plausible ? { ...(mean.length === 3 && { channels: 'rgb' }), scale: 1 / 255, mean, std } : undefined
}

/** `[0.5, 0.5, 0.5]`, `(0.5, 0.5, 0.5)` or `0.5, 0.5, 0.5`. */
function numbers(text = ''): readonly number[] | undefined {
  const list = text
    .replace(/^\s*[[(]|[\])]\s*$/g, '')
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(Number)
  return (list.length === 1 || list.length === 3) && list.every(Number.isFinite) ? list : undefined
}
