import { checkMembers, checkObject, SnnError, formatShape, sizeOf, type Shape, type TensorLike } from '@snn/tensor'
import { checkIndex, type ImageDataset } from './dataset.js'

export interface ArraysOptions {
  readonly description?: string
  readonly classes?: readonly string[]
  /** Where the colours of 4-axis pixels are. Default: `nchw` if axis 1 has 1 or 3 elements, else `nhwc` if axis 3 has. */
  readonly layout?: 'nchw' | 'nhwc'
}

/**
 * A data set from arrays in memory, which it views.
 *
 * `images`: uint8 pixels [N, H, W], [N, C, H, W], [N, H, W, C] or [N, D] (one row of D pixels), or float numbers [N, ...] that need no preprocessing.
 * `labels`: class indices [N] or [N, 1], or one-hot rows [N, K]; undefined for samples without classes.
 * Throws `SHAPE`, `DTYPE`, and `ARGUMENT` for a label that is no class index.
 */
export function fromArrays(images: TensorLike, labels: TensorLike | undefined, options: ArraysOptions = {}): ImageDataset {
  for (const [name, value] of Object.entries({ images, ...(labels !== undefined && { labels }) })) checkMembers('fromArrays', value, name, ['data', 'shape'], '{ data, shape }')
  checkObject('fromArrays', options)
  const length = images.shape[0] ?? 0
  const indices = labels && classIndices(labels, options.classes?.length ?? Infinity)
  if (images.shape.length < 2 || (labels && labels.shape[0] !== length)) {
    throw new SnnError(
      'SHAPE',
      `[fromArrays] images ${formatShape(images.shape)} and labels ${labels ? formatShape(labels.shape) : '(none)'}, expected [N, ...] and [N] with one N. Do the two belong together?`,
      { shapes: [images.shape, ...(labels ? [labels.shape] : [])] },
    )
  }
  const { shape, dtype, read } = images.data instanceof Uint8Array ? pixels(images, images.data, options) : numbers(images)
  return {
    length,
    description: options.description ?? `${length} x ${formatShape(shape)} ${dtype} in memory`,
    dtype,
    shape,
    ...(options.classes ? { classes: options.classes } : {}),
    ...(indices ? {} : { labelled: false }),
    async get(index) {
      checkIndex(index, length)
      return { image: { data: read(index), shape, dtype }, label: indices?.[index] ?? -1 }
    },
  }
}

interface Images {
  readonly shape: Shape
  readonly dtype: 'uint8' | 'float32'
  read(index: number): Uint8Array | Float32Array
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

function numbers(images: TensorLike): Images {
  const { data } = images
  const [, ...shape] = images.shape
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw new SnnError('DTYPE', '[fromArrays] images of int32, expected uint8 pixels or floating point numbers. Convert them.', { dtypes: ['int32'] })
  }
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

function classIndices(labels: TensorLike, classes: number): ArrayLike<number> {
  const { data, shape } = labels
  const width = shape[1] ?? 1
  if (shape.length < 1 || shape.length > 2) {
    throw new SnnError('SHAPE', `[fromArrays] labels of shape ${formatShape(shape)}, expected class indices [N] or one-hot rows [N, K].`, { shapes: [shape] })
  }
  const indices = width === 1 ? data : Int32Array.from({ length: shape[0]! }, (_, row) => oneHotIndex(data.subarray(row * width, (row + 1) * width), row))
  for (let i = 0; i < indices.length; i++) {
    const label = indices[i]!
    if (Number.isInteger(label) && label >= 0 && label < classes) continue
    throw new SnnError('ARGUMENT', `[fromArrays] label ${label} of sample ${i}, expected a class index from 0${classes === Infinity ? '' : ` to ${classes - 1}`}.`, {
      name: 'labels',
      value: label,
    })
  }
  return indices
}

function oneHotIndex(row: ArrayLike<number>, sample: number): number {
  let at = -1
  for (let i = 0; i < row.length; i++) {
    if (row[i] === 0) continue
    if (row[i] === 1 && at < 0) at = i
    else at = row.length
  }
  if (at >= 0 && at < row.length) return at
  throw new SnnError('ARGUMENT', `[fromArrays] labels of sample ${sample} are not one-hot, expected a single 1 among zeros.`, { name: 'labels', value: Array.from(row) })
}
