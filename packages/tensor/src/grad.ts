import { isFloat } from './dtype.js'
import { checkTensor } from './check.js'
import { SnnError } from './error.js'
import { topological, type Node } from './graph.js'
import { full } from './ops/leaf.js'
import type { Primitive } from './primitive.js'
import { gradientRules, type GradientRule } from './rules/gradient.js'
import { formatShape, sameShape } from './shape.js'
import type { Tensor } from './tensor.js'
import { withOrigin } from './trace.js'
import { flattenTensors, isTensor, mapTree } from './tree.js'
import type { Variable } from './variable.js'

/** Adds up what flows to each tensor. */
class Cotangents {
  readonly #of = new Map<Tensor, Tensor>()
  get(t: Tensor): Tensor | undefined {
    return this.#of.get(t)
  }
  add(t: Tensor, cotangent: Tensor): void {
    const before = this.#of.get(t)
    this.#of.set(t, before ? before.add(cotangent) : cotangent)
  }
}

/**
 * Reverse-mode differentiation: sum_i <cotangents[i], d outputs[i] / d wrt>, as new graph nodes, one for each of `wrt`;
 * null where no gradient flows. Nothing behind `boundary` is looked at.
 */
export function vectorJacobian(
  outputs: readonly Tensor[],
  cotangents: readonly (Tensor | null)[],
  wrt: readonly Tensor[],
  boundary: readonly Tensor[] = [],
): (Tensor | null)[] {
  const nodes = topological({ parameters: boundary, results: outputs })
  const depends = new Set<Tensor>(wrt)
  const differentiable: Node[] = []
  for (const node of nodes) {
    if (gradientRules[node.primitive] === 'none' || !node.inputs.some((input) => depends.has(input))) continue
    for (const output of node.outputs) if (isFloat(output.dtype)) depends.add(output)
    differentiable.push(node)
  }
  const flowing = new Cotangents()
  outputs.forEach((output, i) => {
    const cotangent = cotangents[i]
    if (cotangent) flowing.add(output, cotangent)
  })
  for (const node of differentiable.reverse()) {
    const received = node.outputs.map((output) => flowing.get(output) ?? null)
    if (received.every((cotangent) => cotangent === null)) continue
    const needs = node.inputs.map((input) => depends.has(input))
    // profiles and errors name the layer that is being differentiated
    const sent = withOrigin(node, () => inputCotangents(node, received, needs))
    node.inputs.forEach((input, i) => {
      const cotangent = sent[i]
      if (!cotangent || !needs[i]) return
      if (!sameShape(cotangent.shape, input.shape) || cotangent.dtype !== input.dtype) {
        throw new SnnError(
          'SHAPE',
          `[${node.primitive}] gradient of input ${i} has shape ${formatShape(cotangent.shape)} and dtype ${cotangent.dtype}, expected ${formatShape(input.shape)} and ${input.dtype} (built at ${node.place}). Mend the gradient rule.`,
          { shapes: [cotangent.shape, input.shape] },
        )
      }
      flowing.add(input, cotangent)
    })
  }
  return wrt.map((t) => flowing.get(t) ?? null)
}

function inputCotangents(
  node: Node,
  received: readonly (Tensor | null)[],
  needs: readonly boolean[],
): readonly (Tensor | null)[] {
  const rule = gradientRules[node.primitive] as GradientRule<Primitive>
  // of a primitive with one output something came to that one
  return rule === 'none' ? node.inputs.map(() => null) : rule(received[0]!, node, { received, needs, vectorJacobian })
}

/** What a gradient can be taken with respect to. */
export type Differentiable = Tensor | Variable

/**
 * The gradient of a scalar `loss` with respect to a tree of tensors or Variables, as a tree of the same form:
 * new graph nodes that a backend computes together with everything else. A Variable stands for its value in the current
 * trace. Zeros where the loss does not depend on an entry.
 */
export function grad(loss: Tensor, wrt: Differentiable): Tensor
export function grad<const W extends readonly Differentiable[]>(
  loss: Tensor,
  wrt: W,
): { -readonly [K in keyof W]: Tensor }
export function grad<W extends { readonly [key: string]: Differentiable }>(
  loss: Tensor,
  wrt: W,
): { [K in keyof W]: Tensor }
export function grad(loss: Tensor, wrt: unknown): unknown {
  checkTensor('grad', loss, 'loss')
  if (loss.shape.length !== 0 || !isFloat(loss.dtype)) {
    throw new SnnError(
      'SHAPE',
      `[grad] loss of shape ${formatShape(loss.shape)} and dtype ${loss.dtype}, expected a float scalar. Reduce it with sum() or mean().`,
      { shapes: [loss.shape] },
    )
  }
  const isLeaf = (value: unknown): boolean => isTensor(value) || isVariable(value)
  const tensors = mapTree(wrt, isLeaf, (leaf: Differentiable) => (isTensor(leaf) ? leaf : leaf.read()))
  const { leaves, restore } = flattenTensors(tensors)
  const gradients = vectorJacobian([loss], [full([], 1, { dtype: loss.dtype })], leaves)
  return restore<Tensor>(
    gradients.map((gradient, i) => gradient ?? full(leaves[i]!.shape, 0, { dtype: leaves[i]!.dtype })),
  )
}

function isVariable(value: unknown): value is Variable {
  return (
    typeof value === 'object' && value !== null && (value as { contract?: unknown }).contract === 1 && 'commit' in value
  )
}
