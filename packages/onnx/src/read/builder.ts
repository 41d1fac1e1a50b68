import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, stringAttribute, tensorAttribute } from '../access.js'
import { isFloatType, numbersOf, tensorOf } from '../dtype.js'
import { formatDims, isStatic, product } from '../dim.js'
import { invalid, NotUnderstood } from '../errors.js'
import { fold, type Block } from '../fold/fold.js'
import type { Dim, OnnxAttribute, OnnxDType, OnnxNode, OnnxTensor, UnsupportedNode } from '../graph.js'
import { maxRank } from './tensor.js'
import type { Names } from './names.js'
import { rules } from '../rules/table.js'

/** What is known of a value: `elements` are the contents of a small integer tensor that holds symbolic sizes. */
export interface Known {
  readonly dtype: OnnxDType
  readonly shape: readonly Dim[]
  readonly elements?: readonly Dim[]
}

/** What a rule says of an output. */
export interface Out extends Known {
  readonly constant?: OnnxTensor
}

/** What a rule makes of a node: the node in normal form with its outputs, or that output 0 equals a value which is there already. */
export type Result = { readonly outputs: readonly Out[]; readonly op?: string; readonly inputs?: readonly string[]; readonly attributes?: Record<string, OnnxAttribute> } | { readonly same: string }

export type Rule = (call: Call) => Result

/** The opset of the normal form. */
export const normalOpset = 21

const maxElements = 4096

/** A batch size that the file fixes and reading frees. */
export interface FreedBatch {
  readonly symbol: string
  readonly size: number
}

export interface BuilderOptions {
  readonly opset: number
  readonly domains: ReadonlyMap<string, number>
  /** Names that some node reads or that are graph outputs. */
  readonly used: ReadonlySet<string>
  readonly names: Names
  readonly batch: FreedBatch | undefined
  /** Elements that folding may read and write altogether. */
  readonly foldBudget: number
}

/** Takes the nodes of a file in topological order and builds the graph in normal form. */
export class Builder {
  readonly known = new Map<string, Known>()
  readonly constants = new Map<string, OnnxTensor>()
  readonly nodes: OnnxNode[] = []
  readonly notes = new Set<string>()
  readonly unsupported = new Map<OnnxNode | string, UnsupportedNode>()
  private readonly aliases = new Map<string, string>()
  /** From symbolic contents to the first value that has them. */
  private readonly contents = new Map<string, string>()
  private budget: number
  private unknowns = 0

  constructor(readonly options: BuilderOptions) {
    this.budget = options.foldBudget
  }

  addConstant(name: string, tensor: OnnxTensor): void {
    this.constants.set(name, tensor)
    this.known.set(name, tensor)
  }

  /** The value that stands for `name` in the graph. */
  resolve(name: string): string {
    return this.aliases.get(name) ?? name
  }

  freshName(wish: string): string {
    return this.options.names.fresh(wish)
  }

  unknownDim(): Dim {
    return `?${++this.unknowns}`
  }

  /** Adds one node of the file, or one in normal form (`opset` 21). */
  add(source: OnnxNode, opset = this.options.opset): void {
    const node = { ...source, inputs: source.inputs.map((name) => this.resolve(name)) }
    const rule = node.domain === '' ? rules.get(node.op) : undefined
    if (!rule) return this.keep(node, new NotUnderstood(...unknownReason(node)))
    if (!node.inputs.every((name) => name === '' || this.known.has(name))) return this.keep(node)
    try {
      this.take(node, rule(new Call(this, node, opset)))
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error
      this.keep(node, error)
    }
  }

  /** Keeps a node as it stands. */
  keep(node: OnnxNode, why?: NotUnderstood): void {
    this.nodes.push(node)
    if (!why) return
    const opset = node.domain === '' ? this.options.opset : (this.options.domains.get(node.domain) ?? 1)
    this.unsupported.set(node, { op: node.op, name: node.name, domain: node.domain, opset, reason: why.reason, fix: why.fix })
  }

  private take(source: OnnxNode, result: Result): void {
    if ('same' in result) {
      this.aliases.set(source.outputs[0]!, result.same)
      return
    }
    const node: OnnxNode = { ...source, op: result.op ?? source.op, inputs: trimmed(result.inputs ?? source.inputs), attributes: result.attributes ?? {} }
    for (const { shape } of result.outputs) checkShape(shape)
    const outs = this.folded(node, result.outputs.slice(0, node.outputs.length))
    node.outputs.forEach((name, i) => {
      const out = outs[i]
      if (name === '' || !out) return
      const constant = out.constant ?? constantElements(out)
      if (constant) this.addConstant(name, constant)
      else this.known.set(name, out)
      const equal = !constant && this.equalValue(name, out)
      if (equal) this.aliases.set(name, equal)
    })
    if (!node.outputs.every((name) => name === '' || this.constants.has(name) || this.aliases.has(name))) this.nodes.push(node)
  }

  /** An earlier value that holds the same symbolic sizes. */
  private equalValue(name: string, { dtype, shape, elements }: Known): string | undefined {
    if (!elements) return undefined
    const key = `${dtype}[${shape.join()}]${elements.join()}`
    const there = this.contents.get(key)
    if (!there) this.contents.set(key, name)
    return there
  }

  /** The outputs with the contents that follow from constant inputs. */
  private folded(node: OnnxNode, outs: readonly Out[]): readonly Out[] {
    if (node.inputs.length === 0 || outs.every((o) => o.constant || o.elements) || !outs.every((o) => isStatic(o.shape))) return outs
    const blocks: (Block | undefined)[] = []
    for (const name of node.inputs) {
      const block = name === '' ? undefined : this.block(name)
      if (name !== '' && !block) return outs
      blocks.push(block)
    }
    const made = outs.reduce((total, o) => total + (o.shape as number[]).reduce((a, b) => a * b, 1), 0)
    if (!this.afford(blocks.reduce((total, b) => total + (b?.data.length ?? 0), made))) {
      this.notes.add('Some constants are so large that they were left to be computed at run time.')
      return outs
    }
    const results = fold(node, blocks, outs)
    if (!results) return outs
    return outs.map((out, i) => {
      const data = results[i]
      if (!data) return out
      if (!Array.isArray(data)) return { ...out, constant: { dtype: out.dtype, shape: out.shape, data } as OnnxTensor }
      return data.length <= maxElements ? { ...out, elements: data } : out
    })
  }

  /** Takes work on `elements` elements off the budget; false when that is spent. */
  afford(elements: number): boolean {
    if (elements > this.budget) return false
    this.budget -= elements
    return true
  }

  private block(name: string): Block | undefined {
    const constant = this.constants.get(name)
    if (constant) return constant
    const { dtype, shape, elements } = this.known.get(name)!
    return elements && isStatic(shape) ? { dtype, shape, data: elements } : undefined
  }
}

function checkShape(shape: readonly Dim[]): void {
  if (shape.length > maxRank) throw new NotUnderstood(`its result has more than ${maxRank} axes`, 'Check the shapes in the model.')
  if (shape.some((d) => typeof d === 'number' && !(Number.isInteger(d) && d >= 0))) throw new NotUnderstood(`its result would have shape ${formatDims(shape)}`, 'Check the shapes in the model.')
  product(shape)
}

function constantElements({ dtype, shape, elements }: Out): OnnxTensor | undefined {
  if (!elements || !isStatic(shape) || !elements.every((e) => typeof e === 'number')) return undefined
  return tensorOf(dtype, shape, elements as number[])
}

function trimmed(names: readonly string[]): readonly string[] {
  let length = names.length
  while (length > 0 && names[length - 1] === '') length--
  return names.slice(0, length)
}

function unknownReason({ op, domain }: OnnxNode): [string, string] {
  if (domain !== '') return [`it is an operation of the domain "${domain}"`, 'Export the model with standard ONNX operations, or inline its functions with onnx.inliner.']
  if (['If', 'Loop', 'Scan'].includes(op)) return ['it is control flow', 'Export the model without control flow, or simplify it with onnxsim.']
  if (['LSTM', 'GRU', 'RNN'].includes(op)) return ['it is a recurrent layer', 'Recurrent layers are not read; build the network in code.']
  if (/^(QLinear|DynamicQuantize|MatMulInteger|ConvInteger)/.test(op)) return ['it computes with quantised activations', 'Export the float model, or use the QDQ form of quantisation.']
  return ['the operation is not known', 'Replace it in the source model with standard layers, and export again.']
}

function equalTensors(a: OnnxTensor | undefined, b: OnnxTensor): boolean {
  return a !== undefined && a.dtype === b.dtype && a.data.length === b.data.length && a.shape.join() === b.shape.join() && a.data.every((v, i) => v === b.data[i])
}

/** One node as a rule sees it: checked access to its inputs and attributes. */
export class Call {
  constructor(
    private readonly builder: Builder,
    readonly node: OnnxNode,
    /** The operator set the node is written in. */
    readonly opset: number,
  ) {}

  get batch(): FreedBatch | undefined {
    return this.builder.options.batch
  }
  get count(): number {
    return this.node.inputs.length
  }
  has(i: number): boolean {
    return (this.node.inputs[i] ?? '') !== ''
  }
  hasAttribute(name: string): boolean {
    return Object.hasOwn(this.node.attributes, name)
  }
  /** Whether something reads output `i`. */
  used(i: number): boolean {
    return this.builder.options.used.has(this.node.outputs[i] ?? '')
  }
  input(i: number): string {
    if (!this.has(i)) this.fail(`input ${i} is missing`)
    return this.node.inputs[i]!
  }
  value(i: number): Known {
    return this.builder.known.get(this.input(i))!
  }
  shape(i: number): readonly Dim[] {
    return this.value(i).shape
  }
  rank(i: number): number {
    return this.shape(i).length
  }
  dtype(i: number): OnnxDType {
    return this.value(i).dtype
  }
  /** The contents of input `i`, if it is constant. */
  constant(i: number): OnnxTensor | undefined {
    return this.has(i) ? this.builder.constants.get(this.node.inputs[i]!) : undefined
  }
  /** The contents of the integer input `i`, as far as they are known, symbolic sizes included. */
  elements(i: number): readonly Dim[] | undefined {
    if (isFloatType(this.dtype(i))) this.fail(`input ${i} is ${this.dtype(i)}, expected whole numbers`)
    const constant = this.constant(i)
    if (!constant) return this.value(i).elements
    return constant.data.length <= maxElements ? numbersOf(constant) : undefined
  }
  /** The contents of the constant input `i` as whole numbers; not understood when they are computed at run time. */
  integers(i: number, what: string): number[] {
    if (isFloatType(this.dtype(i))) this.fail(`its ${what} are ${this.dtype(i)}, expected whole numbers`)
    return this.numbers(i, what)
  }
  /** The contents of the constant input `i` as numbers of any type. */
  numbers(i: number, what: string): number[] {
    const constant = this.constant(i)
    if (!constant) return this.refuse(`its ${what} are computed at run time`, 'Export the model with fixed sizes (only the batch free), or simplify it with onnxsim.')
    if (constant.data.length > maxElements) this.fail(`its ${what} are ${constant.data.length} numbers, expected at most ${maxElements}`)
    return numbersOf(constant)
  }
  /** The inputs from `first` to before `end` must be of one element type. */
  sameTypes(first = 0, end = this.count): void {
    const types = new Set(this.node.inputs.slice(first, end).flatMap((name, i) => (name === '' ? [] : [this.dtype(first + i)])))
    if (types.size > 1) this.fail(`its inputs are of types ${[...types].join(' and ')}, expected one`)
  }

  int(name: string, fallback?: number): number {
    return intAttribute(this.node, name, fallback)
  }
  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return intsAttribute(this.node, name, fallback)
  }
  float(name: string, fallback?: number): number {
    return Math.fround(floatAttribute(this.node, name, fallback))
  }
  floats(name: string, fallback?: readonly number[]): readonly number[] {
    return floatsAttribute(this.node, name, fallback)
  }
  string(name: string, fallback?: string): string {
    return stringAttribute(this.node, name, fallback)
  }
  tensor(name: string): OnnxTensor {
    return tensorAttribute(this.node, name)
  }
  /** An axis attribute or number, counted from the front. */
  axis(axis: number, rank: number): number {
    const at = axis < 0 ? axis + rank : axis
    if (!Number.isInteger(at) || at < 0 || at >= rank) this.fail(`axis ${axis} for a tensor of ${rank} axes`)
    return at
  }

  /** The name of a constant: an input of the node that equals it, or a new one. */
  addNumbers(wish: string, values: readonly number[], dtype: OnnxDType = 'int64', shape: readonly number[] = [values.length]): string {
    return this.addTensor(wish, tensorOf(dtype, shape, values))
  }
  addTensor(wish: string, tensor: OnnxTensor): string {
    const there = this.node.inputs.find((input) => equalTensors(this.builder.constants.get(input), tensor))
    if (there !== undefined) return there
    const name = this.builder.freshName(`${this.node.name}.${wish}`)
    this.builder.addConstant(name, tensor)
    return name
  }
  /** Adds a node in normal form before this one; returns the name of its output. */
  before(op: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): string {
    const name = this.builder.freshName(`${this.node.name}.${op}`)
    this.builder.add({ op, name, domain: '', inputs, outputs: [name], attributes }, Math.max(normalOpset, this.opset))
    return this.builder.resolve(name)
  }
  shapeOf(name: string): readonly Dim[] {
    return this.builder.known.get(name)?.shape ?? this.fail(`the shape of ${name} is not known`)
  }
  note(text: string): void {
    this.builder.notes.add(text)
  }
  /** Whether work on that many elements is still allowed. */
  afford(elements: number): boolean {
    return this.builder.afford(elements)
  }
  unknown(): Dim {
    return this.builder.unknownDim()
  }
  /** The file is wrong here. */
  fail(what: string): never {
    throw invalid(`${this.node.op} "${this.node.name}"`, what)
  }
  /** The file may be right, but this is not understood. */
  refuse(reason: string, fix: string): never {
    throw new NotUnderstood(reason, fix)
  }
}
