import { readFile } from 'node:fs/promises'
import {
  type Batch,
  loader,
  parsePreprocess,
  preprocess,
  preprocessPresets,
  usualFit,
  type ImageDataset,
  type ImageSample,
  type Loader,
  type PreprocessSpec,
  type Transform,
} from '@snn/datasets'
import { formatShape, sameShape, SnnError, sizeOf, type Shape, type TensorLike } from '@snn/tensor'

/** For help texts; with `auto` where there are labels to try it on. */
export const specForm = (
  auto: boolean,
): string => `SPEC: how pixels (0 to 255) become the input of the network, x = (pixel * scale - mean) / std:${
  auto
    ? `
  auto      tries the usual ones on 100 labelled pictures, label offsets too, and takes the best; snn inspect MODEL --data DATA shows them`
    : ''
}
  a preset  ${Object.keys(preprocessPresets).join(', ')}
  JSON      or a JSON file
  { "preset": "imagenet", "resize": 256, "size": [224, 224] }
  { "size": [227, 227], "channels": "bgr", "layout": "nchw", "scale": 0.00392, "mean": [0.41, 0.46, 0.48], "std": [1, 1, 1] }
  resize    the shorter side, or [height, width]   default: as far as pictures need it to fit the network
  size      [height, width] of a centre crop       default: what the network takes
  channels  rgb, bgr or gray                       default: as stored
  layout    nchw, nhwc, flat or flat-nhwc          default: what the network takes
  scale     a number                               default: 1/255
  mean, std a number, or one for each channel      default: 0 and 1
Without it: what a .snn.onnx file has stored; ${auto ? 'what the metadata of the model or a preprocessor_config.json beside it say, what its input tells (bytes, a scaling inside), ' : ''}else 0-1.`

/** JSON that a user gives as text, or as the name of a file that holds it. */
export async function readJson(text: string, option: string): Promise<unknown> {
  const isInline = /^\s*[[{]/.test(text)
  const fail = (what: string, cause: unknown): never => {
    throw new SnnError(
      'ARGUMENT',
      `[snn] ${option} ${text.slice(0, 200)}: ${what} (${(cause as Error).message}), expected JSON or the name of a JSON file.`,
      { name: option, value: text },
      { cause },
    )
  }
  const json = isInline
    ? text
    : await readFile(text, 'utf8').catch((error: unknown) => fail('the file cannot be read', error))
  try {
    return JSON.parse(json)
  } catch (error) {
    return fail('no JSON', error)
  }
}

/** The value of --preprocess. */
export async function readSpec(text: string): Promise<PreprocessSpec | 'auto'> {
  if (text === 'auto') return text
  if (/^[\w-]+$/.test(text) && !Object.hasOwn(preprocessPresets, text)) {
    throw new SnnError(
      'ARGUMENT',
      `[snn] --preprocess ${text}, expected auto, ${Object.keys(preprocessPresets).join(', ')}, JSON or the name of a JSON file.`,
      { name: '--preprocess', value: text },
    )
  }
  return parsePreprocess(Object.hasOwn(preprocessPresets, text) ? text : await readJson(text, '--preprocess'))
}

/**
 * The spec with what the input of the network, [C, H, W], [H, W, C] or anything flat, says about layout and size, and
 * what `pictures`, shapes of some of them, need to get that size. Undefined for data that need none: numbers that are
 * ready for the network.
 */
export function completeSpec(
  spec: PreprocessSpec | undefined,
  dataset: ImageDataset,
  input: Shape,
  pictures: readonly Shape[],
): PreprocessSpec | undefined {
  if (dataset.dtype !== 'uint8') return undefined
  const layout = spec?.layout ?? layoutFor(input)
  const [height, width] = sizeOfInput(input) ?? []
  const fit =
    spec?.resize !== undefined || spec?.size || height === undefined || width === undefined
      ? {}
      : usualFit(pictures, [height, width])
  const size =
    spec?.resize !== undefined && !spec.size && height !== undefined && width !== undefined
      ? { size: [height, width] as const }
      : {}
  // colours that the network does not take, or grey where it takes colours
  const wanted = input.length === 3 ? (layout === 'nhwc' ? input[2] : input[0]) : undefined
  const others = (wanted === 1 || wanted === 3) && pictures.some(([channels]) => channels !== wanted)
  const channels = others ? { channels: wanted === 1 ? ('gray' as const) : ('rgb' as const) } : {}
  return { scale: 1 / 255, ...fit, ...size, ...channels, ...spec, layout }
}

/** [height, width] of the pictures that an input of this shape takes; undefined for a flat one. */
function sizeOfInput(input: Shape): readonly [number, number] | undefined {
  const layout = layoutFor(input)
  if (layout === 'flat')
    return input.length === 2 && !input.includes(1) ? (input as unknown as [number, number]) : undefined
  return (layout === 'nchw' ? input.slice(1) : input.slice(0, 2)) as unknown as [number, number]
}

/** An axis of 1 or 3 is that of colours; the first one where both ends could be. */
function layoutFor(input: Shape): 'nchw' | 'nhwc' | 'flat' {
  const [first, , last] = input
  const isColour = (n: number | undefined): boolean => n === 1 || n === 3
  if (input.length !== 3) return 'flat'
  return isColour(first) || !isColour(last) ? 'nchw' : 'nhwc'
}

/** Shapes of the pictures of a data set: the one that all have, or those of some. */
export async function pictureShapes(dataset: ImageDataset): Promise<readonly Shape[]> {
  if (dataset.shape) return [dataset.shape]
  const count = Math.min(16, dataset.length)
  return Promise.all(
    Array.from(
      { length: count },
      async (_, i) => (await dataset.get(Math.floor((i * dataset.length) / count))).image.shape,
    ),
  )
}

/** What a preprocessing changes of pictures [C, H, W] beside their numbers, where the user has not said so. */
export function changesOf(
  shapes: readonly Shape[],
  spec: PreprocessSpec | undefined,
  wish: PreprocessSpec = {},
): string[] {
  const [height, width] = spec?.size ?? (Array.isArray(spec?.resize) ? (spec.resize as readonly [number, number]) : [])
  const other = height === undefined ? undefined : shapes.find(([, h, w]) => h !== height || w !== width)
  return [
    ...(spec?.channels === 'gray' && !wish.channels && shapes.some(([channels]) => channels !== 1)
      ? ['colours became grey, as the network takes them.']
      : []),
    ...(other && !wish.size && wish.resize === undefined
      ? [
          `pictures of other sizes (${other[2]} x ${other[1]}) were made ${width} x ${height}, as the network takes them${spec?.size && typeof spec.resize === 'number' ? ': resized, and cut to the middle' : ''}.`,
        ]
      : []),
  ]
}

export interface BatchOptions {
  /** Default: 64, fewer of large samples, whose activations in all steps have to fit into the memory. */
  readonly batch?: number | undefined
  readonly signal?: AbortSignal
}

/** Numbers in the input of a batch, where no batch is said: 6 pictures of 224 x 224. */
const inputNumbers = 2 ** 20

/** Batches x [N, ...input] and labels y [N] of a data set, under a complete spec. */
export function batchesFor(
  dataset: ImageDataset,
  spec: PreprocessSpec | undefined,
  input: Shape,
  options: BatchOptions,
): Loader {
  const prepare: Transform<ImageSample> = spec ? preprocess(spec) : ({ image, label }) => [image, label]
  const transform: Transform<ImageSample> = (sample, draw) => {
    const [x, y] = prepare(sample, draw)
    return [shaped(x, input), y]
  }
  const batch = options.batch ?? Math.max(1, Math.min(64, Math.floor(inputNumbers / sizeOf(input))))
  return loader(dataset, { ...options, batch, transform })
}

/**
 * `x` in the shape that the network takes. Axes of length 1 may come and go, and a flat input takes any picture of its
 * size.
 */
export function shaped(x: TensorLike, input: Shape): TensorLike {
  const significant = (shape: Shape): number[] => shape.filter((n) => n !== 1)
  const isFlat = significant(input).length <= 1 || significant(x.shape).length <= 1
  if (sameShape(significant(x.shape), significant(input)) || (isFlat && sizeOf(x.shape) === sizeOf(input)))
    return { ...x, shape: input }
  throw new SnnError(
    'SHAPE',
    `[snn] the data, preprocessed, have shape ${formatShape(x.shape)}, the network takes ${formatShape(input)}. Give --preprocess with size, channels or layout; numbers that are no bytes need that shape as they are.`,
    { shapes: [x.shape, input] },
  )
}

/** Batches as they are; of data without labels the inputs alone. */
export function withoutLabels(
  batches: Loader,
  { labelled }: ImageDataset,
): AsyncIterable<Batch | TensorLike> & { readonly samples: number } {
  if (labelled !== false) return batches
  return {
    samples: batches.samples,
    async *[Symbol.asyncIterator]() {
      for await (const [x] of batches) yield x
    },
  }
}
