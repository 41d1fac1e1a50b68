import { isPrimitive, sizeOf, type Shape, type Tensor } from '@snn/tensor'

/** The elements of a kernel as three axes: an operand may vary along the middle one alone. */
export interface Space {
  readonly outer: number
  readonly count: number
  readonly inner: number
}

/** A tensor as a repetition of `source`: along no axis (`space` undefined, equal sizes or one element), or along all but one. */
export interface View {
  readonly source: Tensor
  readonly space: Space | undefined
}

/** How `from` is repeated to `to`, when it varies along one axis, or neighbouring axes, alone. */
export function repeatedAlong(from: Shape, to: Shape): Space | undefined {
  const lead = to.length - from.length
  const varies = to.map((n, axis) => n > 1 && axis >= lead && from[axis - lead] === n)
  const first = varies.indexOf(true)
  const end = varies.lastIndexOf(true) + 1
  if (first < 0 || to.slice(first, end).some((n, i) => n > 1 && !varies[first + i])) return undefined
  return { outer: sizeOf(to.slice(0, first)), count: sizeOf(to.slice(first, end)), inner: sizeOf(to.slice(end)) }
}

/**
 * Looks through reshapes and broadcasts, for which a kernel needs no copy. `resolve` gives the tensor that stands for another one;
 * where it returns undefined the search stops.
 */
export function viewOf(tensor: Tensor, resolve: (tensor: Tensor) => Tensor | undefined = (x) => x): View {
  let source = tensor
  let space: Space | undefined
  for (let at = resolve(source); at; at = resolve(source)) {
    source = at
    const { node } = at
    const [from] = node.inputs as readonly [Tensor]
    if (isPrimitive(node, 'broadcast')) {
      const size = sizeOf(from.shape)
      if (size === 1) space = undefined
      else if (size !== sizeOf(at.shape)) {
        const repeated = space ? undefined : repeatedAlong(from.shape, at.shape)
        if (!repeated) break
        space = repeated
      }
    } else if (!isPrimitive(node, 'reshape') && !isPrimitive(node, 'stopGradient')) break
    source = from
  }
  return { source, space }
}
