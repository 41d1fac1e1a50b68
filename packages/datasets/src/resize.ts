/** How pixels between pixels come about. */
export type Interpolation = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos'

interface Filter {
  /** Distance, in pixels of the smaller grid, beyond which the weight is 0. */
  readonly support: number
  weight(x: number): number
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))

const filters: Readonly<Record<Exclude<Interpolation, 'nearest'>, Filter>> = {
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys (1981) with a = -0.5
  bicubic: {
    support: 2,
    weight(x) {
      const d = Math.abs(x)
      if (d < 1) return (1.5 * d - 2.5) * d * d + 1
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0
    },
  },
  lanczos: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
}

/** Weights are whole numbers of this part, so that sums are exact and halves are rounded as Pillow does. */
const one = 2 ** 22

/**
 * For each new pixel: the first old one that it is made of, and the weights of it and those after it, which add up to
 * `one`.
 */
type Taps = readonly { readonly first: number; readonly weights: Float64Array }[]

function tapsFor(from: number, to: number, interpolation: Interpolation): Taps {
  const centreOf = (i: number): number => ((i + 0.5) * from) / to
  if (interpolation === 'nearest')
    return Array.from({ length: to }, (_, i) => ({ first: Math.floor(centreOf(i)), weights: Float64Array.of(one) }))
  const { support, weight } = filters[interpolation]
  // where a picture shrinks the filter grows, so that every old pixel counts
  const stretch = Math.max(1, from / to)
  return Array.from({ length: to }, (_, i) => {
    const centre = centreOf(i)
    const first = Math.max(0, Math.floor(centre - support * stretch + 0.5))
    const end = Math.min(from, Math.floor(centre + support * stretch + 0.5))
    const weights = Float64Array.from({ length: Math.max(1, end - first) }, (_, k) =>
      weight((first + k + 0.5 - centre) / stretch),
    )
    const sum = weights.reduce((a, b) => a + b, 0)
    return { first, weights: weights.map((w) => Math.round((w / sum) * one)) }
  })
}

/**
 * A function that resamples planes of height x width pixels: columns, then rows, each rounded to whole pixels, as
 * Pillow does.
 */
export function resizer(
  [height, width]: readonly [number, number],
  [newHeight, newWidth]: readonly [number, number],
  interpolation: Interpolation,
): (plane: Uint8Array) => Uint8Array {
  const across = tapsFor(width, newWidth, interpolation)
  const down = tapsFor(height, newHeight, interpolation)
  return (plane) => along(along(plane, height, across, width, 1), newWidth, down, 1, newWidth)
}

/** New pixels along one axis, for `lines` lines whose old pixels lie `step` apart and which begin `stride` apart. */
function along(plane: Uint8Array, lines: number, taps: Taps, stride: number, step: number): Uint8Array {
  const out = new Uint8ClampedArray(lines * taps.length)
  const newStride = step === 1 ? taps.length : 1
  for (let line = 0; line < lines; line++) {
    for (const [i, { first, weights }] of taps.entries()) {
      let sum = 0
      for (let k = 0, at = line * stride + first * step; k < weights.length; k++, at += step)
        sum += weights[k]! * plane[at]!
      out[line * newStride + i * step] = Math.floor(sum / one + 0.5)
    }
  }
  return new Uint8Array(out.buffer)
}
