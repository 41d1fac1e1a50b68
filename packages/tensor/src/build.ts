import { checkFunction } from './check.js'
import type { Node } from './graph.js'
import type { Primitive, Primitives } from './primitive.js'
import { shapeRules, type Signature } from './rules/shape.js'
import { TensorImplementation, type Tensor } from './tensor.js'
import { currentOrigin, currentPath, scopeOf, withOrigin, type Origin, type Scope } from './trace.js'
import { placeOf } from './place.js'

// Ids only order nodes; two installed copies may share numbers, so they count on one counter.
const counterKey = Symbol.for('@snn/tensor:nodes')

function nextId(): number {
  const root = globalThis as { [counterKey]?: number }
  return (root[counterKey] = (root[counterKey] ?? 0) + 1)
}

class NodeImplementation<P extends Primitive> implements Node<P> {
  readonly id = nextId()
  readonly path: string
  readonly outputs: readonly Tensor[]
  readonly #origin: Origin
  constructor(
    readonly primitive: P,
    readonly inputs: readonly Tensor[],
    readonly attributes: Primitives[P],
    signatures: readonly Signature[],
    readonly scope: Scope | null,
  ) {
    this.outputs = signatures.map(
      ({ dtype, shape }, index) => new TensorImplementation(this as unknown as Node, index, dtype, shape),
    )
    const origin = currentOrigin() ?? captureOrigin()
    // not the node that a pass replaces, which nobody needs any longer
    this.#origin = #origin in origin ? (origin as NodeImplementation<Primitive>).#origin : origin
    this.path = this.#origin.path
  }

  get place(): string {
    return this.#origin.place
  }
}

/** The current module path, and the place where this was called, made into text when it is asked for. */
function captureOrigin(): Origin {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 40
  const error = new Error()
  Error.stackTraceLimit = limit
  return {
    path: currentPath(),
    get place() {
      return placeOf(error.stack ?? '')
    },
  }
}

/** Runs `fn`, whose nodes are one operation for the user: the stack is looked at once, and they all have that place. */
export function asOneOperation<T>(fn: () => T): T {
  checkFunction('asOneOperation', fn, 'fn')
  return currentOrigin() ? fn() : withOrigin(captureOrigin(), fn)
}

/** A node with given output signatures and scope: for leaves and scans. Everything else goes through `build`. */
export function createNode<P extends Primitive>(
  primitive: P,
  inputs: readonly Tensor[],
  attributes: Primitives[P],
  signatures: readonly Signature[],
  scope: Scope | null,
): readonly Tensor[] {
  return new NodeImplementation(primitive, inputs, attributes, signatures, scope).outputs
}

/**
 * A new node: checks that its inputs belong to open traces and that their shapes and dtypes fit the primitive's rule.
 */
export function build<P extends Primitive>(primitive: P, inputs: readonly Tensor[], attributes: Primitives[P]): Tensor {
  const scope = scopeOf(inputs, primitive)
  const signature = shapeRules[primitive](inputs, attributes)
  return createNode(primitive, inputs, attributes, [signature], scope)[0]!
}

/** The same operation on other inputs. */
export function rebuild(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
  if (inputs.length === node.inputs.length && inputs.every((t, i) => t === node.inputs[i])) return node.outputs
  return createNode(node.primitive, inputs, node.attributes, node.outputs, node.scope)
}
