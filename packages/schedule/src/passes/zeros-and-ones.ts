import type { Tensor } from '@snn/tensor'
import { isPrimitive, type Node, type Primitive } from '@snn/tensor/backend'

type Holds = (tensor: Tensor) => boolean

const first = ({ inputs: [x] }: Node, holds: Holds): boolean => holds(x!)
const all = ({ inputs }: Node, holds: Holds): boolean => inputs.every(holds)

/** When the result of a node holds nothing but zeros and ones. */
const rules: { readonly [P in Primitive]?: (node: Node<P>, holds: Holds) => boolean } = {
  constant: ({ attributes: { data } }) => data.every((x) => Object.is(x, 0) || x === 1),
  cast: first,
  reshape: first,
  transpose: first,
  broadcast: first,
  slice: first,
  gather: first,
  maxPool: (node, holds) => first(node, holds) && !hasEmptyWindow(node),
  customGradient: first,
  stopGradient: first,
  concat: all,
  mul: all,
  minimum: all,
  maximum: all,
  select: ({ inputs: [, x, y] }, holds) => holds(x!) && holds(y!),
}

/**
 * Tells whether tensors are known to hold nothing but 0 and 1 (and no -0), as spikes do. `given`: what is known of the
 * parameters of their graph.
 */
export function zerosAndOnes(given: ReadonlyMap<Tensor, boolean> = new Map()): Holds {
  const known = new Map(given)
  const holds = (tensor: Tensor): boolean => {
    const before = known.get(tensor)
    if (before !== undefined) return before
    const { node } = tensor
    if (isPrimitive(node, 'scan')) resultsOf(node, holds).forEach((value, i) => known.set(node.outputs[i]!, value))
    else
      known.set(
        tensor,
        tensor.dtype === 'bool' ||
          ((rules[node.primitive] as ((node: Node, holds: Holds) => boolean) | undefined)?.(node, holds) ?? false),
      )
    return known.get(tensor)!
  }
  return holds
}

/** Whether a window lies in the padding alone, which gives -Infinity. */
function hasEmptyWindow({
  attributes: { kernel, stride, padding, dilation },
  inputs: [x],
  outputs: [y],
}: Node<'maxPool'>): boolean {
  return kernel.some((taps, axis) => {
    const [size, windows] = [x!, y!].map(({ shape }) => shape.at(axis - kernel.length)!) as [number, number]
    const isEmpty = (start: number): boolean =>
      Array.from({ length: taps }, (_, tap) => start + tap * dilation[axis]!).every((at) => at < 0 || at >= size)
    return Array.from({ length: windows }, (_, window) => window * stride[axis]! - padding[axis]![0]).some(isEmpty)
  })
}

/**
 * Of the results of a scan: what is carried holds zeros and ones if it begins with them and each step keeps that so.
 */
function resultsOf(node: Node<'scan'>, holds: Holds): readonly boolean[] {
  const { body, carries, sequences } = node.attributes
  const step = carries + sequences
  const inputs = node.inputs.map(holds)
  for (;;) {
    const given = [...inputs.slice(0, step), false, ...inputs.slice(step)]
    const results = body.results.map(
      zerosAndOnes(new Map(body.parameters.map((parameter, i) => [parameter, given[i]!]))),
    )
    const broken = [...Array(carries).keys()].filter((c) => inputs[c] && !results[c])
    if (broken.length === 0) return results
    for (const c of broken) inputs[c] = false
  }
}
