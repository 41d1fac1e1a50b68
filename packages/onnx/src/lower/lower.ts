import { SnnError, type Tensor, type TensorLike } from '@snn/tensor'
import { topological, type Graph, type Node, type Primitive } from '@snn/tensor/backend'
import type { OnnxModelSpec, OnnxTensor, OnnxValue } from '../graph.js'
import { elementwise } from './elementwise.js'
import { Emitter, type Lowering } from './emitter.js'
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

export interface LowerOptions {
  /** Names of the parameters, in order. Default `x0`, `x1`, .. */
  readonly inputNames?: readonly string[]
  /** Names of the results, in order. Default `y0`, `y1`, .. Names of the form `t0` and `c0` are taken. */
  readonly outputNames?: readonly string[]
  /** Values of tensors (reads of Variables, say) that become constants of the model. */
  readonly constants?: ReadonlyMap<Tensor, TensorLike>
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
  const { constants = new Map<Tensor, TensorLike>() } = options
  const inputNames = options.inputNames ?? graph.parameters.map((_, i) => `x${i}`)
  const outputNames = options.outputNames ?? graph.results.map((_, i) => `y${i}`)
  const bound: Graph = { parameters: [...graph.parameters, ...constants.keys()], results: graph.results }
  const nodes = topological(bound)
  const uses = countUses(nodes, graph.results)

  const emitter = new Emitter(new Set(bound.parameters), uses)
  graph.parameters.forEach((tensor, i) => emitter.bind(tensor, inputNames[i]!))
  for (const [tensor, { data }] of constants) emitter.bind(tensor, emitter.constant({ dtype: tensor.dtype, shape: tensor.shape, data } as OnnxTensor))
  for (const node of nodes) {
    const lowering = lowerings[node.primitive] as Lowering | undefined
    const [output] = node.outputs
    if (!lowering || output!.dtype === 'float64') throw unsupported(node, lowering ? 'float64' : node.primitive)
    emitter.bind(output!, lowering(node, emitter))
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

function countUses(nodes: readonly Node[], results: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>()
  for (const tensor of [...nodes.flatMap((node) => node.inputs), ...results]) uses.set(tensor, (uses.get(tensor) ?? 0) + 1)
  return uses
}

function value(tensor: Tensor, name: string): OnnxValue {
  return { name, dtype: tensor.dtype, shape: tensor.shape }
}

function unsupported(node: Node, what: string): SnnError {
  return new SnnError('UNSUPPORTED', `[lowerGraph] '${what}' at ${node.place}, expected a primitive with a standard ONNX form on float32, int32, uint8 or bool.`, {
    primitive: node.primitive,
    backend: 'onnx',
  })
}
