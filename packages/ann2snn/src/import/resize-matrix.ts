/** How one axis is resized, in the words of ONNX's Resize. */
export interface AxisResize {
  readonly size: number
  readonly out: number
  readonly scale: number
  readonly mode: 'linear' | 'cubic'
  readonly coordinates: string
  /** Part of the axis that is seen, from 0 to 1, for `tf_crop_and_resize`. */
  readonly roi: readonly [start: number, end: number]
  /** Whether windows grow where the axis shrinks. */
  readonly antialias: boolean
  /** The coefficient a of cubic interpolation (Keys 1981). */
  readonly cubic: number
  /** Whether places outside of the axis have no weight; else they are its ends. */
  readonly excludeOutside: boolean
}

/** The place in the axis that index `i` of the result is taken from; undefined for coordinates of another name. */
export function placeOf(
  i: number,
  {
    size,
    out,
    scale,
    coordinates,
    roi: [start, end],
  }: Pick<AxisResize, 'size' | 'out' | 'scale' | 'coordinates' | 'roi'>,
): number | undefined {
  switch (coordinates) {
    case 'asymmetric':
      return i / scale
    case 'align_corners':
      return out === 1 ? 0 : (i * (size - 1)) / (out - 1)
    case 'pytorch_half_pixel':
      return out === 1 ? 0 : (i + 0.5) / scale - 0.5
    case 'half_pixel':
      return (i + 0.5) / scale - 0.5
    case 'half_pixel_symmetric':
      return (size / 2) * (1 - out / (scale * size)) + (i + 0.5) / scale - 0.5
    case 'tf_half_pixel_for_nn':
      return (i + 0.5) / scale
    case 'tf_crop_and_resize':
      return out === 1
        ? 0.5 * (start + end) * (size - 1)
        : start * (size - 1) + (i * (end - start) * (size - 1)) / (out - 1)
    default:
      return undefined
  }
}

/** Whether a place of `tf_crop_and_resize` lies on the axis. */
export function isInside(place: number, { size, coordinates }: Pick<AxisResize, 'size' | 'coordinates'>): boolean {
  return coordinates !== 'tf_crop_and_resize' || (place >= 0 && place <= size - 1)
}

/** Weight of a value at `distance`. */
function kernel(distance: number, { mode, cubic: a }: AxisResize): number {
  const d = Math.abs(distance)
  if (mode === 'linear') return Math.max(0, 1 - d)
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0
}

/**
 * The matrix [out, size], row-major, whose product with a line is the line resized. The rows of places outside of it
 * are 0.
 */
export function resizeMatrix(resize: AxisResize): Float32Array {
  const { size, out, scale, mode, antialias, excludeOutside } = resize
  const matrix = new Float32Array(out * size)
  const stretch = antialias && scale < 1 ? scale : 1
  const reach = (mode === 'linear' ? 1 : 2) / stretch
  for (let i = 0; i < out; i++) {
    const place = Math.fround(placeOf(i, resize)!)
    if (!isInside(place, resize)) continue
    const taps: [at: number, weight: number][] = []
    for (let at = Math.floor(place - reach) + 1; at < place + reach; at++)
      taps.push([at, kernel((at - place) * stretch, resize)])
    const kept = excludeOutside ? taps.filter(([at]) => at >= 0 && at < size) : taps
    const total = kept.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [at, weight] of kept) matrix[i * size + Math.min(Math.max(at, 0), size - 1)]! += weight / total
  }
  return matrix
}
