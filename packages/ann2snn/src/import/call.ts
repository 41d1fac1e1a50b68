import type { BinaryFunction, Config } from '@snn/nn'
import {
  constantInput,
  floatAttribute,
  intAttribute,
  intsAttribute,
  numbersInput,
  stringAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from '@snn/onnx'
import type { TensorLike } from '@snn/tensor'
import type { LayerDraft, Source } from './draft.js'
import { layoutOf, rankOf, sampleAxis, type Layout } from './layout.js'

/** A value computed from the network's inputs. */
export interface Activation {
  readonly source: Source
  readonly layout: Layout
  /** Of whole numbers: what the file's q stands for, which is what `source` computes. */
  readonly quantization?: Quantization
  /**
   * Where the file's value is that of `source` divided by a scale which is found at run time: the node that finds it.
   */
  readonly dividedBy?: string
}

/** q stands for (q - zero) scale. */
export interface Quantization {
  readonly scale: number
  readonly zero: number
}

/** Whole numbers that stand for themselves. */
const themselves: Quantization = { scale: 1, zero: 0 }

/** What a number stands for among those of an activation. */
export function standing({ quantization }: Activation, value: number): number {
  return quantization ? (value - quantization.zero) * quantization.scale : value
}

/** An array that broadcasts with samples. */
export interface Operand {
  readonly data: Float32Array
  readonly shape: readonly number[]
}

/** A number found at run time by the node `of`: its scale times `factor`, or its zero point. */
export interface RunTimeScale {
  readonly of: string
  readonly factor: Operand | undefined
}

/** Thrown by a rule about its own node. */
export class Refusal extends Error {
  constructor(
    readonly reason: string,
    readonly fix: string,
  ) {
    super(reason)
  }
}

/** Says what layer an ONNX operation is: what makes its outputs. */
export type Rule = (call: Call) => Source | readonly Source[]

interface Emission {
  readonly arrays?: Readonly<Record<string, TensorLike>>
  /** Shape of one sample of the result; by default that of output 0 of the node. */
  readonly shape?: readonly number[]
}

/** What has been imported so far. */
export interface Progress {
  readonly graph: OnnxGraph
  /** Name of the batch size. */
  readonly batch: string
  readonly activations: ReadonlyMap<string, Activation>
  readonly notes: Set<string>
  /** Scales and zero points that are found at run time, by name. */
  readonly scales: Map<string, RunTimeScale>
  /** Some input of the network. */
  readonly anyInput: Source
}

/** What the names of layers begin with that apply a function of two values. */
export const prefixes: Readonly<Record<BinaryFunction, string>> = {
  add: 'add',
  sub: 'sub',
  mul: 'mul',
  div: 'div',
  pow: 'pow',
  minimum: 'min',
  maximum: 'max',
}

/** Operations that take and give whole numbers which stay what they are, or bring them to others. */
const onWholeNumbers = new Set([
  'Cast',
  'Clip',
  'Concat',
  'ConvInteger',
  'DepthToSpace',
  'DequantizeLinear',
  'Expand',
  'Flatten',
  'Gather',
  'GatherND',
  'GlobalMaxPool',
  'Identity',
  'MatMulInteger',
  'MaxPool',
  'Pad',
  'QuantizeLinear',
  'Relu',
  'Reshape',
  'Slice',
  'SpaceToDepth',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
])
/** Those that leave values which are divided by a scale of the run divided by it. */
const keepsDivided = new Set(['Cast', 'Flatten', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze'])
/** Those that know what to do with such values. */
const onDivided = new Set([...keepsDivided, 'ConvInteger', 'MatMulInteger', 'Mul'])

/** One ONNX node as a rule sees it. Axes and shapes are those of one sample unless they are called ONNX. */
export class Call {
  /** Set by a rule: what its whole numbers stand for. Default: what those of input 0 do. */
  quantization: Quantization | undefined
  /** Set by a rule: the layout of its result, where its shape alone does not say it. */
  layout: Layout | undefined
  /** Set by a rule: the node whose scale divides its result. */
  dividedBy: string | undefined

  constructor(
    readonly node: OnnxNode,
    readonly progress: Progress,
  ) {}

  has(i: number): boolean {
    return (this.node.inputs[i] ?? '') !== ''
  }
  isConstant(i: number): boolean {
    return constantInput(this.progress.graph, this.node, i) !== undefined
  }
  constant(i: number, what: string): OnnxTensor {
    return (
      constantInput(this.progress.graph, this.node, i) ??
      this.refuse(`its ${what} is computed by the network`, 'Export the model with constant weights.')
    )
  }
  numbers(i: number, what: string): number[] {
    this.constant(i, what)
    return numbersInput(this.progress.graph, this.node, i)!
  }
  /** A weight or other array of floats. */
  array(i: number, what: string): { readonly data: Float32Array; readonly shape: readonly number[] } {
    const tensor = this.constant(i, what)
    if (tensor.dtype !== 'float32')
      return this.refuse(`its ${what} is of type ${tensor.dtype}`, 'Export the model in float32.')
    return { data: tensor.data, shape: tensor.shape }
  }
  activation(i: number): Activation {
    const name = this.node.inputs[i] ?? ''
    const found = this.progress.activations.get(name)
    if (!found && this.isConstant(i))
      return this.refuse(`its input ${i} "${name}" is a constant`, 'Simplify the model with onnxsim.')
    if (!found)
      return this.refuse(
        `its input ${i} "${name}" is not computed from the inputs sample by sample`,
        'Simplify the model with onnxsim, or export it with only the batch size free.',
      )
    const dtype = this.progress.graph.values.get(name)?.dtype ?? 'float32'
    if (found.dividedBy !== undefined && !onDivided.has(this.node.op))
      return this.refuse(
        `its input ${i} "${name}" has a scale that is found at run time`,
        'Quantise the model with fixed scales (static quantisation).',
      )
    if (dtype !== 'float32' && !onWholeNumbers.has(this.node.op) && !this.node.op.startsWith('Q')) {
      return this.refuseType(`its input ${i} "${name}" is of type ${dtype}`)
    }
    return found
  }
  /** For values that are no floats. Before a layer that takes what the model is given, there is no output to choose. */
  refuseType(what: string): never {
    const takesInput = this.progress.graph.inputs.some(({ name }) => name === this.node.inputs[0])
    return this.refuse(
      what,
      `Only float values are computed; ${takesInput ? 'export the model so that it takes float32 (0 and 1 for a bool)' : 'choose an output before it with the option output'}.`,
    )
  }
  /** An activation whose ONNX axis 0 is the batch, with at least `rank` axes in a sample. */
  batched(i: number, rank = 0): Activation {
    const value = this.activation(i)
    const { axis, inner, shape } = value.layout
    if (axis !== 0 || inner !== 1) return this.refuseBatch()
    if (shape.length < rank)
      return this.refuse(
        `a sample of its input has shape [${shape.join(',')}], expected at least ${rank} axes`,
        'Check the model.',
      )
    return value
  }
  /** The layout of output `i`: rows of samples in one axis lie as in the input that has as many. */
  output(i = 0): Layout {
    if (this.layout) return this.layout
    const value = this.progress.graph.values.get(this.node.outputs[i] ?? '')
    if (!value?.shape)
      return this.refuse('the shape of its result is not known', 'Export the model with only the batch size free.')
    const layout = layoutOf(value.shape, this.progress.batch)
    if (typeof layout === 'string')
      return this.refuse(
        layout,
        'Give the sizes with the option sizes, or export the model with only the batch size free.',
      )
    const like =
      layout.inner > 1 &&
      this.node.inputs
        .map((name) => this.progress.activations.get(name)?.layout)
        .find((other) => other?.inner === layout.inner)
    return like ? { ...layout, outer: like.outer } : layout
  }
  /** The axis of a sample for an ONNX axis of input `i`. */
  axis(i: number, axis: number): number {
    const { layout } = this.activation(i)
    return sampleAxis(layout, axis < 0 ? axis + rankOf(layout) : axis) ?? this.refuseBatch()
  }

  int(name: string, fallback?: number): number {
    return intAttribute(this.node, name, fallback)
  }
  ints(name: string, fallback?: readonly number[]): readonly number[] {
    return intsAttribute(this.node, name, fallback)
  }
  float(name: string, fallback?: number): number {
    return floatAttribute(this.node, name, fallback)
  }
  string(name: string, fallback?: string): string {
    return stringAttribute(this.node, name, fallback)
  }

  /** The same place of the file as another operation, on other operands. */
  as(
    op: string,
    operands: readonly (Activation | OnnxTensor | undefined)[],
    attributes: OnnxNode['attributes'] = this.node.attributes,
  ): Call {
    const activations = new Map<string, Activation>()
    const constants = new Map<string, OnnxTensor>()
    const inputs = operands.map((operand, i) => {
      const name = operand ? `${this.node.name}#${i}` : ''
      if (operand && 'source' in operand) activations.set(name, operand)
      else if (operand) constants.set(name, operand)
      return name
    })
    return new Call(
      { ...this.node, op, domain: '', inputs, attributes },
      { ...this.progress, activations, graph: { ...this.progress.graph, constants } },
    )
  }

  /**
   * What the whole numbers of an activation stand for by another scale and zero point; by default their numbers. Floats
   * stay.
   */
  numbersOf({ source, layout, quantization }: Activation, { scale, zero }: Quantization = themselves): Source {
    if (!quantization) return source
    const factor = scale / quantization.scale
    const offset = (quantization.zero - zero) * scale
    const number = (value: number): Operand => ({ data: Float32Array.of(value), shape: [] })
    const scaled = factor === 1 ? source : this.byConstant('mul', source, layout.shape, number(factor))
    return offset === 0 ? scaled : this.byConstant('add', scaled, layout.shape, number(offset))
  }
  /** One function of a sample of `shape` and an array that broadcasts with it. */
  byConstant(
    name: BinaryFunction,
    source: Source,
    shape: readonly number[],
    operand: Operand,
    swap = false,
  ): LayerDraft {
    return this.emit(prefixes[name], 'constant', [source], { function: name, swap }, { arrays: { operand }, shape })
  }

  /** What the file's numbers of an output stand for, where they are not those of the layer. */
  meaning(output: string): Pick<Activation, 'quantization' | 'dividedBy'> {
    const { graph, activations } = this.progress
    const before = activations.get(this.node.inputs[0] ?? '')
    const isFloat = (graph.values.get(output)?.dtype ?? 'float32') === 'float32'
    const quantization = isFloat ? undefined : (this.quantization ?? before?.quantization)
    const dividedBy = this.dividedBy ?? (keepsDivided.has(this.node.op) ? before?.dividedBy : undefined)
    return { ...(quantization && { quantization }), ...(dividedBy !== undefined && { dividedBy }) }
  }

  /** A new layer. */
  emit(
    prefix: string,
    kind: string,
    inputs: readonly Source[],
    config: object = {},
    { arrays = {}, shape = this.output().shape }: Emission = {},
  ): LayerDraft {
    return {
      prefix,
      kind,
      config: config as Config,
      arrays,
      inputs,
      shape,
      origin: { op: this.node.op, name: this.node.name },
    }
  }
  /** A reshape of samples. */
  reshape(source: Source, shape: readonly number[]): LayerDraft {
    return shape.length === 1
      ? this.emit('flatten', 'flatten', [source], {}, { shape })
      : this.emit('reshape', 'reshape', [source], { shape }, { shape })
  }
  /** The source with axes of size 1 in front of a sample of `shape`, until it has `rank` axes. */
  widen(source: Source, shape: readonly number[], rank: number): Source {
    return shape.length >= rank
      ? source
      : this.reshape(source, [...Array.from({ length: rank - shape.length }, () => 1), ...shape])
  }
  note(text: string): void {
    this.progress.notes.add(text)
  }
  refuse(reason: string, fix: string): never {
    throw new Refusal(reason, fix)
  }
  refuseBatch(): never {
    return this.refuse(
      'it mixes the samples of a batch',
      'Rewrite this part of the model so that the first axis is only the batch, and export it again.',
    )
  }
}
