import type { Window } from '../primitive.js'
import { sizeOf, stridesOf } from '../shape.js'

/**
 * Where a window that slides over a spatial plane touches it. Row k, column p of the result (`taps[k * places + p]`) is
 * the position in the flattened plane of entry k of the kernel when the window stands at output place p, or -1 when
 * that lies in the padding:  position[axis] = place[axis] * stride + tap[axis] * dilation - low padding.
 */
export function windowTaps(
  spatial: readonly number[],
  kernel: readonly number[],
  places: readonly number[],
  window: Window,
): Int32Array {
  const { stride, padding, dilation } = window
  const strides = stridesOf(spatial)
  const taps = new Int32Array(sizeOf(kernel) * sizeOf(places))
  let next = 0
  for (const tap of indicesOf(kernel)) {
    for (const place of indicesOf(places)) {
      let position = 0
      for (let axis = 0; axis < spatial.length; axis++) {
        const at = place[axis]! * stride[axis]! + tap[axis]! * dilation[axis]! - padding[axis]![0]
        if (at < 0 || at >= spatial[axis]!) {
          position = -1
          break
        }
        position += at * strides[axis]!
      }
      taps[next++] = position
    }
  }
  return taps
}

/** All multi-indices of a shape, in row-major order. */
function indicesOf(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size) => all.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  )
}
