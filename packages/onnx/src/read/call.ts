import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../access.js'
import { isFloatType, numbersOf, tensorOf } from '../dtype.js'
import { invalid, NotUnderstood } from '../errors.js'
import type { Dim, OnnxAttribute, OnnxDType, OnnxNode, OnnxTensor } from '../graph.js'
import type { Builder, FreedBatch, Known } from './builder.js'
import { maxElements, normalOpset } from './limits.js'

function equalTensors(a: OnnxTensor | undefined, b: OnnxTensor): boolean {
  return (
    a !== undefined &&
    a.dtype === b.dtype &&
    a.data.length === b.data.length &&
    a.shape.join() === b.shape.join() &&
    a.data.every((v, i) => v === b.data[i])
  )
}

/** One node as a rule sees it: checked access to its inputs and attributes. */
export class Call {
  constructor(
    private readonly builder: Builder,
    readonly node: OnnxNode,
    /** The operator set the node is written in. */
    readonly opset: number,
  ) {}

  /** The same node with other inputs: those at `indices`. */
  view(indices: readonly number[]): Call {
    return new Call(this.builder, { ...this.node, inputs: indices.map((i) => this.node.inputs[i] ?? '') }, this.opset)
  }
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
    const name = this.node.outputs[i] ?? ''
    // the name of inputs and outputs that are left out
    return name !== '' && this.builder.options.used.has(name)
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
  /** Whether the file stores input `i` in 4 bits. */
  isFourBit(i: number): boolean {
    return this.builder.options.fourBit.has(this.input(i))
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
    if (!constant)
      return this.refuse(
        `its ${what} are computed at run time`,
        'Export the model with fixed sizes (only the batch free), or simplify it with onnxsim.',
      )
    if (constant.data.length > maxElements)
      this.fail(`its ${what} are ${constant.data.length} numbers, expected at most ${maxElements}`)
    return numbersOf(constant)
  }
  /** The inputs from `first` to before `end` must be of one element type. */
  sameTypes(first = 0, end = this.count): void {
    const types = new Set(
      this.node.inputs.slice(first, end).flatMap((name, i) => (name === '' ? [] : [this.dtype(first + i)])),
    )
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
  strings(name: string, fallback?: readonly string[]): readonly string[] {
    return stringsAttribute(this.node, name, fallback)
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
  addNumbers(
    wish: string,
    values: readonly number[],
    dtype: OnnxDType = 'int64',
    shape: readonly number[] = [values.length],
  ): string {
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
