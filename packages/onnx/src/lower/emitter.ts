import { sizeOf, type DType, type Shape, type Tensor, type TypedArray } from '@snn/tensor'
import { isPrimitive, type Node, type Primitive } from '@snn/tensor/backend'
import type { OnnxAttribute, OnnxModelSpec, OnnxTensor } from '../graph.js'

type NodeSpec = OnnxModelSpec['nodes'][number]

/** The numbers ONNX gives the element types we write. */
const onnxTypes = { float32: 1, uint8: 2, int32: 6, bool: 9 } as const

export type OnnxNumber = keyof typeof onnxTypes

/** What the emitter asks about the graph. */
export interface EmitterScope {
  /** What stands in the place of `tensor`. */
  resolve(tensor: Tensor): Tensor
  /** Whether it comes from outside, so that what made it is not looked at. */
  isBound(tensor: Tensor): boolean
  /** How many inputs and results it is. */
  uses(tensor: Tensor): number
}

/**
 * Collects the nodes and constants of one model while a graph is walked. Names count up, so equal graphs give equal
 * bytes.
 */
export class Emitter {
  readonly #names = new Map<Tensor, string>()
  readonly #scope: EmitterScope
  readonly #nodes: NodeSpec[] = []
  readonly #constants = new Map<string, OnnxTensor>()
  readonly #shared = new Map<string, string>()
  #next = 0

  constructor(scope: EmitterScope) {
    this.#scope = scope
  }

  bind(tensor: Tensor, name: string): void {
    this.#names.set(tensor, name)
  }

  /** The ONNX name of a tensor that has been lowered. */
  name(tensor: Tensor): string {
    return this.#names.get(this.#scope.resolve(tensor))!
  }

  /** The node that made `tensor`, when it is of that primitive and inside the graph. */
  madeBy<P extends Primitive>(tensor: Tensor, primitive: P): Node<P> | undefined {
    const { node } = this.#scope.resolve(tensor)
    return isPrimitive(node, primitive) && !this.#scope.isBound(tensor) ? node : undefined
  }

  /** The same, when nothing else uses `tensor`, so that the two nodes may be merged. */
  madeOnlyFor<P extends Primitive>(tensor: Tensor, primitive: P): Node<P> | undefined {
    return this.#scope.uses(tensor) === 1 ? this.madeBy(tensor, primitive) : undefined
  }

  /** What `tensor` repeats: the input of a broadcast, else itself. */
  source(tensor: Tensor): Tensor {
    return this.madeBy(tensor, 'broadcast')?.inputs[0] ?? tensor
  }

  /** The one number that `tensor` holds everywhere, when the graph says so. */
  number(tensor: Tensor): number | undefined {
    const data = this.madeBy(this.source(tensor), 'constant')?.attributes.data
    return data?.length === 1 ? data[0] : undefined
  }

  /** A node with one output; returns the name of that output. */
  emit(op: string, inputs: readonly string[], attributes: Readonly<Record<string, OnnxAttribute>> = {}): string {
    return this.emitMany(op, inputs, attributes, 1)[0]!
  }

  emitMany(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
    outputs: number,
  ): readonly string[] {
    const names = Array.from({ length: outputs }, () => `t${this.#next++}`)
    this.#nodes.push({ op, inputs, outputs: names, attributes })
    return names
  }

  constant(value: OnnxTensor): string {
    const key =
      value.data.length <= 16
        ? `${value.dtype}:${value.shape.join(',')}:${Array.from(value.data as ArrayLike<number | bigint>, (x) => (Object.is(x, -0) ? '-0' : String(x))).join(',')}`
        : undefined
    const known = key === undefined ? undefined : this.#shared.get(key)
    if (known !== undefined) return known
    const name = `c${this.#constants.size}`
    this.#constants.set(name, value)
    if (key !== undefined) this.#shared.set(key, name)
    return name
  }

  host(data: TypedArray, shape: Shape, dtype: DType): string {
    return this.constant({ dtype, shape, data } as OnnxTensor)
  }

  /** A scalar constant. */
  scalar(dtype: OnnxNumber, value: number): string {
    const data =
      dtype === 'float32' ? Float32Array.of(value) : dtype === 'int32' ? Int32Array.of(value) : Uint8Array.of(value)
    return this.host(data, [], dtype)
  }

  /** int64 numbers, as ONNX takes shapes, axes and bounds. */
  ints(values: readonly number[]): string {
    return this.constant({ dtype: 'int64', shape: [values.length], data: BigInt64Array.from(values, BigInt) })
  }

  cast(name: string, dtype: OnnxNumber): string {
    return this.emit('Cast', [name], { to: onnxTypes[dtype] })
  }

  /** The largest size is left to ONNX, so that it may be the batch: see `freeSize`. */
  reshape(name: string, shape: Shape): string {
    if (sizeOf(shape) === 0) return this.emit('Reshape', [name, this.ints(shape)], { allowzero: 1 })
    const free = shape.indexOf(Math.max(...shape))
    return this.emit('Reshape', [name, this.ints(shape.map((n, i) => (i === free ? -1 : n)))])
  }

  transpose(name: string, permutation: readonly number[]): string {
    return permutation.every((axis, i) => axis === i) ? name : this.emit('Transpose', [name], { perm: permutation })
  }

  /** The live part of what was emitted, with the results under the given names. */
  finish(
    results: readonly { readonly tensor: Tensor; readonly name: string }[],
  ): Pick<OnnxModelSpec, 'nodes' | 'constants'> {
    const made = new Set(this.#nodes.flatMap((node) => node.outputs))
    const renamed = new Map<string, string>()
    const copies: NodeSpec[] = []
    for (const { tensor, name } of results) {
      const from = this.name(tensor)
      if (made.has(from) && !renamed.has(from)) renamed.set(from, name)
      else copies.push({ op: 'Identity', inputs: [from], outputs: [name], attributes: {} })
    }
    const now = (name: string): string => renamed.get(name) ?? name
    const nodes = [...this.#nodes, ...copies].map((node) => ({
      ...node,
      inputs: node.inputs.map(now),
      outputs: node.outputs.map(now),
    }))
    const needed = new Set(results.map(({ name }) => name))
    const live = nodes.reverse().filter((node) => {
      if (!node.outputs.some((name) => needed.has(name))) return false
      for (const name of node.inputs) needed.add(name)
      return true
    })
    return { nodes: live.reverse(), constants: new Map([...this.#constants].filter(([name]) => needed.has(name))) }
  }
}

/** How a primitive becomes ONNX nodes: emits them and returns the name of the output. */
export type Lowering<P extends Primitive = Primitive> = (node: Node<P>, emitter: Emitter) => string
