import { SnnError, type Tensor, type TensorLike } from '@snn/tensor'
import type { Graph, Node, Primitive } from '@snn/tensor/backend'
import { checkObject, checkMembers } from '@snn/tensor/library'
import type { OnnxModelSpec, OnnxTensor, OnnxValue } from '../graph.js'
import { elementwise } from './elementwise.js'
import { Emitter, type EmitterScope, type Lowering } from './emitter.js'
import { linear } from './linear.js'
import { movement } from './movement.js'
import { pool } from './pool.js'
import { reduce } from './reduce.js'

/**
 * How each primitive becomes standard ONNX nodes. `scan` and `random` are control and generation, which a backend runs
 * itself; `placeholder` and `read` are bound from outside.
 */
const lowerings: { readonly [P in Primitive]?: Lowering<P> } = {
  ...elementwise,
  ...reduce,
  ...movement,
  ...linear,
  ...pool,
  constant: (node, emitter) => emitter.host(node.attributes.data, node.attributes.shape, node.attributes.dtype),
  stopGradient: (node, emitter) => emitter.name(node.inputs[0]!),
  customGradient: (node, emitter) => emitter.name(node.inputs[0]!),
}

/** Whether `lowerGraph` knows this primitive. */
export function isLowered(primitive: Primitive): boolean {
  return primitive in lowerings
}

/** Options of `lowerGraph`. */
export interface LowerOptions {
  /** Names of the parameters, in order. Default `x0`, `x1`, .. */
  readonly inputNames?: readonly string[]
  /** Names of the results, in order. Default `y0`, `y1`, .. Names of the form `t0` and `c0` are taken. */
  readonly outputNames?: readonly string[]
  /** Values of tensors (reads of Variables, say) that become constants of the model. */
  readonly constants?: ReadonlyMap<Tensor, TensorLike>
  /** Tensors that stand in the place of others, such as those captured by the body of a scan. */
  readonly substitutions?: ReadonlyMap<Tensor, Tensor>
  readonly producer?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** Version of the standard operator set that the lowerings are written for. */
const opset = 21

/**
 * A graph as an ONNX model of standard operators, ready for `writeOnnx`: float32, int32, uint8 and bool in and out, all
 * sizes fixed. Equal graphs give equal models.
 *
 * Throws `UNSUPPORTED` for float64, for `scan` and `random`, and for placeholders and reads that are neither parameters
 * nor constants.
 */
export function lowerGraph(graph: Graph, options: LowerOptions = {}): OnnxModelSpec {
  checkMembers('lowerGraph', graph, 'graph', ['parameters', 'results'], 'a graph of tensors')
  checkObject('lowerGraph', options)
  const { constants = new Map<Tensor, TensorLike>() } = options
  const inputNames = options.inputNames ?? graph.parameters.map((_, i) => `x${i}`)
  const outputNames = options.outputNames ?? graph.results.map((_, i) => `y${i}`)
  const scope = scopeOf(graph, options)
  const order = inputsFirst(graph.results, scope)
  const uses = countUses(order, graph.results, scope)

  const emitter = new Emitter({ ...scope, uses: (tensor) => uses.get(scope.resolve(tensor)) ?? 0 })
  graph.parameters.forEach((tensor, i) => emitter.bind(tensor, inputNames[i]!))
  for (const tensor of order) {
    const known = constants.get(tensor)
    if (known)
      emitter.bind(
        tensor,
        emitter.constant({ dtype: tensor.dtype, shape: tensor.shape, data: known.data } as OnnxTensor),
      )
    if (scope.isBound(tensor)) continue
    const lowering = lowerings[tensor.node.primitive] as Lowering | undefined
    if (!lowering || tensor.dtype === 'float64')
      throw unsupported(tensor.node, lowering ? 'float64' : tensor.node.primitive)
    emitter.bind(tensor, lowering(tensor.node, emitter))
  }

  return {
    inputs: graph.parameters.map((tensor, i) => value(tensor, inputNames[i]!)),
    outputs: graph.results.map((tensor, i) => value(tensor, outputNames[i]!)),
    ...emitter.finish(graph.results.map((tensor, i) => ({ tensor, name: outputNames[i]! }))),
    opset,
    ...(options.producer === undefined ? {} : { producer: options.producer }),
    ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
  }
}

type Scope = Pick<EmitterScope, 'resolve' | 'isBound'>

function scopeOf(graph: Graph, { constants, substitutions }: LowerOptions): Scope {
  const parameters = new Set(graph.parameters)
  const resolve = (tensor: Tensor): Tensor => {
    let at = tensor
    for (let next = substitutions?.get(at); next && !parameters.has(at); next = substitutions?.get(at)) at = next
    return at
  }
  const isBound = (tensor: Tensor): boolean =>
    parameters.has(resolve(tensor)) || constants?.has(resolve(tensor)) === true
  return { resolve, isBound }
}

/** Every tensor that `results` need, after what it is made of. The order depends on the form of the graph alone. */
function inputsFirst(results: readonly Tensor[], { resolve, isBound }: Scope): Tensor[] {
  const done = new Set<Tensor>()
  const stack = [...results].reverse().map((tensor) => ({ tensor: resolve(tensor), entered: false }))
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { tensor, entered } = top
    if (done.has(tensor)) continue
    if (entered || isBound(tensor)) {
      done.add(tensor)
      continue
    }
    stack.push({ tensor, entered: true })
    for (const input of [...tensor.node.inputs].reverse()) stack.push({ tensor: resolve(input), entered: false })
  }
  return [...done]
}

function countUses(
  order: readonly Tensor[],
  results: readonly Tensor[],
  { resolve, isBound }: Scope,
): Map<Tensor, number> {
  const uses = new Map<Tensor, number>()
  const inputs = order.filter((tensor) => !isBound(tensor)).flatMap((tensor) => tensor.node.inputs)
  for (const tensor of [...inputs, ...results].map(resolve)) uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  return uses
}

function value(tensor: Tensor, name: string): OnnxValue {
  return { name, dtype: tensor.dtype, shape: tensor.shape }
}

function unsupported(node: Node, what: string): SnnError {
  return new SnnError(
    'UNSUPPORTED',
    `[lowerGraph] '${what}' at ${node.place}, expected a primitive with a standard ONNX form on float32, int32, uint8 or bool.`,
    { primitive: node.primitive, backend: 'onnx' },
  )
}
