import type { Shape } from '@snn/tensor'

/** From the flat index in `to` to that in `from`, which broadcasts to it. */
export function broadcastIndex(from: Shape, to: Shape): (index: number) => number {
  return (index) => {
    let rest = index
    let flat = 0
    let step = 1
    for (let axis = 1; axis <= to.length; axis++) {
      const size = to[to.length - axis]!
      const own = from[from.length - axis] ?? 1
      if (own !== 1) flat += (rest % size) * step
      step *= own
      rest = Math.floor(rest / size)
    }
    return flat
  }
}
