import { isFloat } from '../dtype.js'
import { isPrimitive, type Node } from '../graph.js'
import { full, placeholder } from '../ops/leaf.js'
import { capture, createScan } from '../scan.js'
import type { Tensor } from '../tensor.js'
import { inScope, newScope, type Scope } from '../trace.js'
import type { Flow } from './gradient.js'

const zerosLike = (t: Tensor): Tensor => full(t.shape, 0, { dtype: t.dtype })

/**
 * The gradient of a scan is a scan in the other direction. Its state is the cotangent of the carries and, for captured
 * tensors, the sum of what flowed to them; step t reads the carries as they entered step t of the forward scan (which
 * stacks them), computes the body again and sends the cotangents through it.
 */
export function scanGradient(
  node: Node<'scan'>,
  { received, needs, vectorJacobian }: Flow,
): readonly (Tensor | null)[] {
  const { body, length, reverse, carries, sequences } = node.attributes
  const first = carries + sequences
  const parameters = {
    carry: body.parameters.slice(0, carries),
    x: body.parameters.slice(carries, first),
    t: body.parameters[first]!,
    captured: body.parameters.slice(first + 1),
  }
  const stackedCarries = node.outputs.slice(node.outputs.length - carries)

  // float carries and floats from outside that somebody needs
  const carryAt = [...parameters.carry.keys()].filter((i) => isFloat(parameters.carry[i]!.dtype))
  const capturedAt = [...parameters.captured.keys()].filter(
    (i) => needs[first + i] && isFloat(parameters.captured[i]!.dtype),
  )
  const xAt = [...parameters.x.keys()].filter((i) => needs[carries + i] && isFloat(parameters.x[i]!.dtype))
  // cotangents of stacked results arrive as sequences
  const yAt = [...node.outputs.keys()].filter((i) => i >= carries && received[i])

  const scope = bodyScope(parameters.t)
  return inScope(scope, () => {
    const dCarry = carryAt.map((i) => placeholder(parameters.carry[i]!.shape, parameters.carry[i]!.dtype))
    const sums = capturedAt.map((i) => placeholder(parameters.captured[i]!.shape, parameters.captured[i]!.dtype))
    const dY = yAt.map((i) => placeholder(body.results[i]!.shape, body.results[i]!.dtype))
    const wrt = [
      ...carryAt.map((i) => parameters.carry[i]!),
      ...xAt.map((i) => parameters.x[i]!),
      ...capturedAt.map((i) => parameters.captured[i]!),
    ]
    const flowed = vectorJacobian(
      [...carryAt.map((i) => body.results[i]!), ...yAt.map((i) => body.results[i]!)],
      [...dCarry, ...dY],
      wrt,
      body.parameters,
    )
    const at = (i: number): Tensor => flowed[i] ?? zerosLike(wrt[i]!)
    const nextCarry = carryAt.map((_, i) => at(i))
    const dx = xAt.map((_, i) => at(carryAt.length + i))
    const nextSums = sums.map((sum, i) =>
      flowed[carryAt.length + xAt.length + i] ? sum.add(at(carryAt.length + xAt.length + i)) : sum,
    )
    const outer = node.inputs
    const initial = [
      ...carryAt.map((i) => received[i] ?? zerosLike(parameters.carry[i]!)),
      ...capturedAt.map((i) => zerosLike(parameters.captured[i]!)),
    ]
    const xs = [...stackedCarries, ...outer.slice(carries, first), ...yAt.map((i) => received[i]!)]
    const inside = [...dCarry, ...sums, ...parameters.carry, ...parameters.x, ...dY, parameters.t]
    const results = [...nextCarry, ...nextSums, ...dx, ...dCarry, ...sums]
    const outputs = createScan(
      { parameters: [...inside, ...capture(inside, results, scope)], results },
      [...initial, ...xs],
      { length, reverse: !reverse, carries: initial.length, sequences: xs.length },
    )
    const result = new Array<Tensor | null>(outer.length).fill(null)
    carryAt.forEach((i, k) => (result[i] = outputs[k]!))
    capturedAt.forEach((i, k) => (result[first + i] = outputs[carryAt.length + k]!))
    xAt.forEach((i, k) => (result[carries + i] = outputs[initial.length + k]!))
    return result
  })
}

/** The scope in which the body was traced: entered again, so that its tensors may be used. */
function bodyScope(t: Tensor): Scope {
  return isPrimitive(t.node, 'placeholder') && t.node.scope ? t.node.scope : newScope('scan')
}
