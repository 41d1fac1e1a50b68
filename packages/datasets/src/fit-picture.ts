import { SnnError, formatShape, type TensorLike } from '@snn/tensor'
import { checkArray, checkMembers, checkObject } from '@snn/tensor/library'

import { resizer, type Interpolation } from './resize.js'

/** What brings pictures to one size: see `PreprocessSpec`. */
export interface FitSpec {
  readonly resize?: number | readonly [height: number, width: number]
  readonly interpolation?: Interpolation
  /** [height, width] of the centre crop. */
  readonly size?: readonly [height: number, width: number]
}

/** The pixels of a picture, uint8 [C, H, W]. Throws `DTYPE` and `SHAPE` for anything else. */
export function pixelsOf({ data, shape, dtype = 'float32' }: TensorLike): Uint8Array {
  if (!(data instanceof Uint8Array)) {
    throw new SnnError(
      'DTYPE',
      `[preprocess] image of ${dtype}, expected uint8 pixels. Numbers that are ready for the network need no preprocessing.`,
      { dtypes: [dtype] },
    )
  }
  if (shape.length !== 3)
    throw new SnnError('SHAPE', `[preprocess] image of shape ${formatShape(shape)}, expected [C, H, W].`, {
      shapes: [shape],
    })
  return data
}

/**
 * A function that resizes and crops pictures, uint8 [C, H, W]; it keeps what it has worked out for the size of the
 * picture before.
 */
export function fitPicture(spec: FitSpec): (image: TensorLike) => TensorLike {
  checkObject('fitPicture', spec, 'spec', '{ resize, interpolation, size }')
  const { resize, interpolation = 'bilinear', size } = spec
  let known:
    | {
        readonly size: string
        readonly to: readonly [number, number]
        readonly apply: (plane: Uint8Array) => Uint8Array
      }
    | undefined
  const geometry = (h: number, w: number) => {
    const to =
      resize === undefined ? ([h, w] as const) : typeof resize === 'number' ? shorterSide(h, w, resize) : resize
    const crop = size ?? to
    if (crop[0] > to[0] || crop[1] > to[1]) {
      throw new SnnError(
        'SHAPE',
        `[preprocess] picture of ${to[0]} x ${to[1]} (height x width), expected at least ${crop[0]} x ${crop[1]}, the size of the centre crop. Enlarge them with preprocess.resize, or lower preprocess.size.`,
        { shapes: [to, crop] },
      )
    }
    const resized = to[0] === h && to[1] === w ? (plane: Uint8Array) => plane : resizer([h, w], to, interpolation)
    return { size: `${h},${w}`, to: crop, apply: (plane: Uint8Array) => cropped(resized(plane), to, crop) }
  }
  return (image) => {
    checkMembers('preprocess', image, 'image', ['data', 'shape'], 'a picture { data, shape: [C, H, W] }')
    const pixels = pixelsOf(image)
    const [c, h, w] = image.shape as [number, number, number]
    if (known?.size !== `${h},${w}`) known = geometry(h, w)
    const [height, width] = known.to
    if (resize === undefined && height === h && width === w) return image
    const out = new Uint8Array(c * height * width)
    for (let channel = 0; channel < c; channel++)
      out.set(known.apply(pixels.subarray(channel * h * w, (channel + 1) * h * w)), channel * height * width)
    return { data: out, shape: [c, height, width], dtype: 'uint8' }
  }
}

/** The size with the shorter side `side`; the longer one is rounded down, as torchvision does. */
function shorterSide(h: number, w: number, side: number): readonly [number, number] {
  return h <= w ? [side, Math.floor((side * w) / h)] : [Math.floor((side * h) / w), side]
}

/** The centre of a plane. */
function cropped(
  plane: Uint8Array,
  [h, w]: readonly [number, number],
  [height, width]: readonly [number, number],
): Uint8Array {
  if (height === h && width === w) return plane
  const [top, left] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)]
  const out = new Uint8Array(height * width)
  for (let row = 0; row < height; row++)
    out.set(plane.subarray((top + row) * w + left, (top + row) * w + left + width), row * width)
  return out
}

/**
 * How pictures of these shapes [C, H, W] come to [height, width] where nobody says: cropped where all have one size
 * that is at most half as large again, or just that, with `resize` for later ones of other sizes; squashed where all
 * have one size of the same proportions; else resized until the shorter side is an eighth longer than the crop that is
 * then taken, as networks for ImageNet are measured.
 */
export function usualFit(shapes: readonly (readonly number[])[], to: readonly [number, number]): FitSpec {
  checkArray('usualFit', shapes, 'shapes', 'shapes [C, H, W]')
  for (const shape of shapes) checkArray('usualFit', shape, 'one of the shapes', '[C, H, W]')
  checkArray('usualFit', to, 'to', '[height, width]')
  const [height, width] = to
  const sizes = new Set(shapes.map(([, h, w]) => `${h},${w}`))
  const [, h = height, w = width] = shapes[0] ?? []
  const size = [height, width] as const
  if (sizes.size <= 1) {
    if (h >= height && w >= width && h <= 1.5 * height && w <= 1.5 * width) return { resize: Math.min(h, w), size }
    if (h * width === w * height) return { resize: size }
  }
  return { resize: Math.floor((Math.max(height, width) * 8) / 7), size }
}
