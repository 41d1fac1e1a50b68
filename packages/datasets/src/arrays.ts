import { SnnError, formatShape, sizeOf, type Shape, type TensorLike } from '@snn/tensor'
import { checkMembers, checkObject, wrongArgument } from '@snn/tensor/library'
import { checkIndex, type ImageDataset } from './dataset.js'

/** Options of `fromArrays`. `classes`: their names, in the order of the labels. */
export interface ArraysOptions {
  readonly description?: string
  readonly classes?: readonly string[]
  /**
   * Where the colours of 4-axis pixels are. Default: `nchw` if axis 1 has 1 or 3 elements, else `nhwc` if axis 3 has.
   */
  readonly layout?: 'nchw' | 'nhwc'
}

/**
 * A data set from arrays in memory, which it views.
 *
 * `images`: uint8 pixels [N, H, W], [N, C, H, W], [N, H, W, C] or [N, D] (one row of D pixels), or float numbers [N,
 * ...] that need no preprocessing. Whole numbers of other types are pixels where all are from 0 to 255, with a note;
 * bool is the numbers 0 and 1.
 * `labels`: class indices [N] or [N, 1], or one-hot rows [N, K]; undefined for samples without classes. Labels -1 and 1
 * are the classes 0 and 1, with a note; other whole numbers stay what they are, for an offset of labels where the
 * network is measured. Throws `SHAPE`, `DTYPE` for whole numbers that are no pixels, and `ARGUMENT` for a label that is
 * no whole number, or no class of `options.classes`.
 */
export function fromArrays(
  images: TensorLike,
  labels: TensorLike | undefined,
  options: ArraysOptions = {},
): ImageDataset {
  for (const [name, value] of Object.entries({ images, ...(labels !== undefined && { labels }) }))
    checkMembers('fromArrays', value, name, ['data', 'shape'], '{ data, shape }')
  checkObject('fromArrays', options)
  const length = images.shape[0] ?? 0
  if (images.shape.length < 2 || (labels && labels.shape[0] !== length)) {
    throw new SnnError(
      'SHAPE',
      `[fromArrays] images ${formatShape(images.shape)} and labels ${labels ? formatShape(labels.shape) : '(none)'}, expected [N, ...] and [N] with one N. Do the two belong together?`,
      { shapes: [images.shape, ...(labels ? [labels.shape] : [])] },
    )
  }
  const { indices, note: labelsNote } = labels ? classIndices(labels, options.classes?.length ?? Infinity) : {}
  const { shape, dtype, read, note: imagesNote } = imagesOf(images, options)
  const notes = [imagesNote, labelsNote].filter((note) => note !== undefined)
  return {
    length,
    description: options.description ?? `${length} x ${formatShape(shape)} ${dtype} in memory`,
    dtype,
    shape,
    ...(options.classes ? { classes: options.classes } : {}),
    ...(indices ? {} : { labelled: false }),
    ...(notes.length > 0 && { notes }),
    async get(index) {
      checkIndex(index, length)
      return { image: { data: read(index), shape, dtype }, label: indices?.[index] ?? -1 }
    },
  }
}

interface Images {
  readonly shape: Shape
  readonly dtype: 'uint8' | 'float32'
  readonly note?: string
  read(index: number): Uint8Array | Float32Array
}

function imagesOf(images: TensorLike, options: ArraysOptions): Images {
  const { data, dtype } = images
  if (data instanceof Float32Array || data instanceof Float64Array) return numbers(images, data)
  if (dtype === 'bool') return numbers(images, data)
  if (data instanceof Uint8Array) return pixels(images, data, options)
  if (!ArrayBuffer.isView(data) || typeof (data as ArrayLike<unknown>)[0] === 'bigint')
    throw wrongArgument(
      'fromArrays',
      'images.data',
      data,
      'a Uint8Array of pixels or a Float32Array of numbers',
      'Convert it.',
    )
  let [least, most] = [Infinity, -Infinity]
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!
    if (value < least) least = value
    if (value > most) most = value
  }
  if (least < 0 || most > 255) {
    throw new SnnError(
      'DTYPE',
      `[fromArrays] images of whole numbers from ${least} to ${most}, expected pixels from 0 to 255, or floating point numbers that need no preprocessing. Store them as what they are: x.astype('uint8') or x.astype('float32') in NumPy.`,
      { dtypes: [dtype ?? 'int32'] },
    )
  }
  return {
    ...pixels(images, Uint8Array.from(data), options),
    ...(data.length > 0 && {
      note: `The images are whole numbers from ${least} to ${most}: they are taken as pixels of 0 to 255.`,
    }),
  }
}

function pixels(images: TensorLike, data: Uint8Array, options: ArraysOptions): Images {
  const [, ...inner] = images.shape
  const size = sizeOf(inner)
  const view = (index: number): Uint8Array => data.subarray(index * size, (index + 1) * size)
  if (inner.length === 1) return { shape: [1, 1, inner[0]!], dtype: 'uint8', read: view }
  if (inner.length === 2) return { shape: [1, inner[0]!, inner[1]!], dtype: 'uint8', read: view }
  const [a, b, c] = inner as [number, number, number]
  const isColour = (n: number): boolean => n === 1 || n === 3
  const layout = options.layout ?? (isColour(a) ? 'nchw' : isColour(c) ? 'nhwc' : undefined)
  if (inner.length !== 3 || layout === undefined) {
    throw new SnnError(
      'SHAPE',
      `[fromArrays] pixels of shape ${formatShape(images.shape)}, expected [N, H, W], [N, C, H, W] or [N, H, W, C] with C 1 or 3. Say { layout } for another C.`,
      { shapes: [images.shape] },
    )
  }
  if (layout === 'nchw') return { shape: inner, dtype: 'uint8', read: view }
  return { shape: [c, a, b], dtype: 'uint8', read: (index) => channelsFirst(view(index), c, a * b) }
}

function numbers({ shape: [, ...shape] }: TensorLike, data: TensorLike['data']): Images {
  const size = sizeOf(shape)
  const read = (index: number): Float32Array => {
    const part = data.subarray(index * size, (index + 1) * size)
    return part instanceof Float32Array ? part : Float32Array.from(part)
  }
  return { shape, dtype: 'float32', read }
}

/** [H, W, C] -> [C, H, W], `area` = H * W; channels after the C-th of `stride` are left out. */
export function channelsFirst(data: ArrayLike<number>, channels: number, area: number, stride = channels): Uint8Array {
  const out = new Uint8Array(channels * area)
  for (let c = 0; c < channels; c++) {
    for (let i = 0, from = c, to = c * area; i < area; i++, from += stride) out[to + i] = data[from]!
  }
  return out
}

interface ClassIndices {
  readonly indices: ArrayLike<number>
  readonly note?: string
}

function classIndices(labels: TensorLike, classes: number): ClassIndices {
  const { data, shape } = labels
  const width = shape[1] ?? 1
  if (shape.length < 1 || shape.length > 2) {
    throw new SnnError(
      'SHAPE',
      `[fromArrays] labels of shape ${formatShape(shape)}, expected class indices [N] or one-hot rows [N, K].`,
      { shapes: [shape] },
    )
  }
  if (width !== 1)
    return {
      indices: Int32Array.from({ length: shape[0]! }, (_, row) =>
        oneHotIndex(data.subarray(row * width, (row + 1) * width), row),
      ),
    }
  const seen = new Set<number>()
  for (let i = 0; i < data.length; i++) {
    const label = data[i]!
    seen.add(label)
    if (Number.isSafeInteger(label) && label < classes && (label >= 0 || classes === Infinity)) continue
    const expected = classes === Infinity ? 'a class index, a whole number' : `a class index from 0 to ${classes - 1}`
    throw new SnnError('ARGUMENT', `[fromArrays] label ${label} of sample ${i}, expected ${expected}.`, {
      name: 'labels',
      value: label,
    })
  }
  // as libraries of support vectors and of perceptrons count two classes
  const areSigns = seen.size === 2 && seen.has(-1) && seen.has(1)
  return areSigns
    ? {
        indices: Int32Array.from(data, (label) => (label > 0 ? 1 : 0)),
        note: 'The labels -1 and 1 are taken as the classes 0 and 1.',
      }
    : { indices: data }
}

function oneHotIndex(row: ArrayLike<number>, sample: number): number {
  let at = -1
  for (let i = 0; i < row.length; i++) {
    if (row[i] === 0) continue
    if (row[i] === 1 && at < 0) at = i
    else at = row.length
  }
  if (at >= 0 && at < row.length) return at
  throw new SnnError(
    'ARGUMENT',
    `[fromArrays] labels of sample ${sample} are not one-hot, expected a single 1 among zeros.`,
    { name: 'labels', value: Array.from(row) },
  )
}
