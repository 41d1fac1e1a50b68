import { checkMembers, checkObject } from './check.js'
import { SnnError } from './error.js'
import { isPrimitive, topological, type Graph, type Node } from './graph.js'
import type { Primitive } from './primitive.js'
import type { Tensor } from './tensor.js'
import { flattenTensors, type MapTensors } from './tree.js'

/** As many values as the primitive has inputs; typed with three at least, so that kernels can destructure them. */
export type Inputs<V> = readonly [x: V, y: V, z: V, ...more: V[]]

/** The time loop itself is `interpret`'s; it needs to know how values are cut and joined along axis 0. */
export interface ScanKernel<V> {
  /** The step index as an int32 scalar. */
  index(t: number): V
  /** Entry `t` along axis 0, which disappears. */
  at(sequence: V, t: number): V
  /** Joins one value of each step along a new axis 0, giving `output`. */
  stack(values: readonly V[], output: Tensor): V
}

/** What a primitive does to values of type `V`. */
export type Kernel<P extends Primitive, V> = P extends 'scan' ? ScanKernel<V> : (inputs: Inputs<V>, node: Node<P>) => V

/** Kernels for the primitives that one can run; placeholders have none, since they are bound. */
export type Kernels<V> = { readonly [P in Exclude<Primitive, 'placeholder'>]?: Kernel<P, V> }

/** A node that has just been computed. */
export interface Step<V> {
  readonly node: Node
  readonly outputs: readonly V[]
}

/**
 * Computes a tree of tensors over values of any type: plain numbers (`numberKernels`), host arrays
 * (`referenceKernels`), or the tensors of another library.
 *
 * @param tree the tensors to compute, in arrays and objects
 * @param kernels what each primitive does to such values
 * @param bindings values of placeholders, or of any other tensor, whose inputs are then not computed
 * @returns the tree with a value in place of each tensor
 * @throws `UNBOUND` when a placeholder has no value, `UNSUPPORTED` when a primitive has no kernel; both name the place
 */
export function interpret<const T, V>(
  tree: T,
  kernels: Kernels<V>,
  bindings: ReadonlyMap<Tensor, V> = new Map(),
): MapTensors<T, V> {
  checkObject('interpret', kernels, 'kernels')
  checkMembers('interpret', bindings, 'bindings', ['keys()'], 'a Map')
  const { leaves, restore } = flattenTensors(tree)
  const steps = walk({ parameters: [...bindings.keys()], results: leaves }, kernels, [...bindings.values()])
  let step = steps.next()
  while (!step.done) step = steps.next()
  return restore(step.value)
}

/** Computes the results of a graph node by node, yielding after each one, also inside of scans. */
export function* walk<V>(
  graph: Graph,
  kernels: Kernels<V>,
  bound: readonly V[],
  nodes = topological(graph),
): Generator<Step<V>, V[]> {
  const values = new Map<Tensor, V>(graph.parameters.map((parameter, i) => [parameter, bound[i]!]))
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => values.get(input)!)
    const outputs = isPrimitive(node, 'scan')
      ? yield* runScan(node, kernels, inputs)
      : [kernelOf(node, kernels)(inputs, node)]
    node.outputs.forEach((output, i) => {
      if (!values.has(output)) values.set(output, outputs[i]!)
    })
    yield { node, outputs }
  }
  return graph.results.map((result) => values.get(result)!)
}

function* runScan<V>(node: Node<'scan'>, kernels: Kernels<V>, inputs: readonly V[]): Generator<Step<V>, V[]> {
  const { length, reverse, carries, sequences, body } = node.attributes
  const kernel = kernels.scan ?? unsupported(node)
  const nodes = topological(body)
  const xs = inputs.slice(carries, carries + sequences)
  const captured = inputs.slice(carries + sequences)
  let carry = inputs.slice(0, carries)
  const ys = body.results.slice(carries).map(() => new Array<V>(length))
  for (let step = 0; step < length; step++) {
    const t = reverse ? length - 1 - step : step
    const results = yield* walk(
      body,
      kernels,
      [...carry, ...xs.map((x) => kernel.at(x, t)), kernel.index(t), ...captured],
      nodes,
    )
    carry = results.slice(0, carries)
    ys.forEach((y, i) => (y[t] = results[carries + i]!))
  }
  return [...carry, ...ys.map((y, i) => kernel.stack(y, node.outputs[carries + i]!))]
}

function kernelOf<V>(node: Node, kernels: Kernels<V>): (inputs: readonly V[], node: Node) => V {
  if (isPrimitive(node, 'placeholder')) {
    throw new SnnError(
      'UNBOUND',
      `[interpret] the placeholder built at ${node.place} has no value, expected one in the bindings. Bind it.`,
      { place: node.place },
    )
  }
  const kernel = kernels[node.primitive as Exclude<Primitive, 'placeholder' | 'scan'>] ?? unsupported(node)
  return kernel as unknown as (inputs: readonly V[], node: Node) => V
}

function unsupported(node: Node): never {
  throw new SnnError(
    'UNSUPPORTED',
    `[interpret] got '${node.primitive}' built at ${node.place}, expected a primitive that the kernels have. Add a kernel for it, or bind its value.`,
    { primitive: node.primitive, backend: 'interpret' },
  )
}
