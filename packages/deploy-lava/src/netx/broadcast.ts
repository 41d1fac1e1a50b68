/**
 * NumPy's broadcasting of an array to neurons of `shape` (C, H, W or [N]), which Lava holds in the order W, H, C: its
 * axes are reversed, laid against the last ones (so one value a channel fits), and the result is given in the order C,
 * H, W. undefined where that cannot be.
 */
export function broadcastToNeurons(
  data: ArrayLike<number>,
  from: readonly number[],
  shape: readonly number[],
): Float64Array | undefined {
  const lava = [...shape].reverse()
  const lead = lava.length - from.length
  if (lead < 0 || from.some((n, axis) => n !== 1 && n !== lava[lead + axis])) return undefined
  const strides = from.map((n, axis) => (n === 1 ? 0 : from.slice(axis + 1).reduce((product, m) => product * m, 1)))
  const out = new Float64Array(shape.reduce((product, n) => product * n, 1))
  const index = new Array<number>(shape.length).fill(0) // in C, H, W
  for (let i = 0; i < out.length; i++) {
    let at = 0
    for (let axis = 0; axis < from.length; axis++) at += strides[axis]! * index[shape.length - 1 - (lead + axis)]!
    out[i] = data[at]!
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0
  }
  return out
}
