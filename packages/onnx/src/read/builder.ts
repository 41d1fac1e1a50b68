import { sizeOf } from '@snn/tensor'
import { tensorOf } from '../dtype.js'
import { formatDims, isStatic, product } from '../dim.js'
import { NotUnderstood } from '../errors.js'
import type { Block } from '../fold/block.js'
import { fold } from '../fold/fold.js'
import type { Dim, OnnxAttribute, OnnxDType, OnnxNode, OnnxTensor, UnsupportedNode } from '../graph.js'
import { Call } from './call.js'
import { maxElements, maxRank } from './limits.js'
import type { Names } from './names.js'
import { readBy, type Branch, type ParsedNode } from './parse.js'

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

/**
 * What a rule makes of a node: the node in normal form with its outputs, or that output 0, or each of several, equals a
 * value which is there already.
 */
export type Result =
  | {
      readonly outputs: readonly Out[]
      readonly op?: string
      readonly domain?: string
      readonly inputs?: readonly string[]
      readonly attributes?: Record<string, OnnxAttribute>
    }
  | { readonly same: string | readonly string[] }

export type Rule = (call: Call) => Result

/** A batch size that the file fixes and reading frees. */
export interface FreedBatch {
  readonly symbol: string
  readonly size: number
}

export interface BuilderOptions {
  /** What an operation means; undefined for one that is not understood. */
  readonly ruleOf: (node: Pick<OnnxNode, 'domain' | 'op'>) => Rule | undefined
  readonly opset: number
  readonly domains: ReadonlyMap<string, number>
  /** Names that some node reads or that are graph outputs. */
  readonly used: Set<string>
  /** Values that are 4-bit integers in the file: bytes in a graph. */
  readonly fourBit: ReadonlySet<string>
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
    const rule = this.options.ruleOf(node)
    if (!rule) return this.keep(node, new NotUnderstood(...unknownReason(node)))
    if (!node.inputs.every((name) => name === '' || this.known.has(name))) return this.keep(node)
    try {
      this.take(node, rule(new Call(this, node, opset)))
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error
      this.keep(node, error)
    }
  }

  /** Adds a node as it was parsed; `rename` gives the names that the values of a branch have here. */
  addParsed({ node, why, opset, branches }: ParsedNode, rename: (name: string) => string = (name) => name): void {
    const renamed = { ...node, inputs: node.inputs.map(rename), outputs: node.outputs.map(rename) }
    if (why) this.keep({ ...renamed, inputs: renamed.inputs.map((name) => this.resolve(name)) }, why)
    else if (branches) this.addBranch(renamed, branches, rename)
    else this.add(renamed, opset)
  }

  /** An If whose condition is known is one of its branches. */
  private addBranch(node: OnnxNode, branches: readonly [Branch, Branch], outside: (name: string) => string): void {
    const condition = this.constants.get(this.resolve(node.inputs[0] ?? ''))?.data[0]
    if (condition === undefined) {
      return this.keep(
        { ...node, inputs: node.inputs.map((name) => this.resolve(name)) },
        new NotUnderstood(
          'which of its branches is taken is found at run time',
          'Export the model with fixed sizes (only the batch free), or without control flow.',
        ),
      )
    }
    const { nodes, constants, outputs } = branches[condition ? 0 : 1]
    const names = new Map(
      [...constants.keys(), ...nodes.flatMap((inner) => inner.node.outputs)]
        .filter((name) => name !== '')
        .map((name) => [name, this.freshName(`${node.name}/${name}`)]),
    )
    const rename = (name: string): string => names.get(name) ?? outside(name)
    for (const name of [...nodes.flatMap(readBy), ...outputs]) this.options.used.add(rename(name))
    for (const [name, constant] of constants) this.addFileConstant(rename(name), constant)
    for (const inner of nodes) this.addParsed(inner, rename)
    node.outputs.forEach((name, i) => {
      if (name !== '') this.aliases.set(name, this.resolve(rename(outputs[i] ?? '')))
    })
  }

  /** A constant of the file, or why it is not understood. */
  addFileConstant(name: string, constant: OnnxTensor | NotUnderstood): void {
    if (constant instanceof NotUnderstood)
      this.unsupported.set(name, {
        op: 'Constant',
        name,
        domain: '',
        opset: this.options.opset,
        reason: constant.reason,
        fix: constant.fix,
      })
    else this.addConstant(name, constant)
  }

  /** Keeps a node as it stands. */
  keep(node: OnnxNode, why?: NotUnderstood): void {
    this.nodes.push(node)
    if (!why) return
    const opset = node.domain === '' ? this.options.opset : (this.options.domains.get(node.domain) ?? 1)
    this.unsupported.set(node, {
      op: node.op,
      name: node.name,
      domain: node.domain,
      opset,
      reason: why.reason,
      fix: why.fix,
    })
  }

  private take(source: OnnxNode, result: Result): void {
    if ('same' in result) {
      for (const [i, same] of [result.same].flat().entries())
        if (source.outputs[i]) this.aliases.set(source.outputs[i], same)
      return
    }
    const node: OnnxNode = {
      ...source,
      op: result.op ?? source.op,
      domain: result.domain ?? source.domain,
      inputs: trimmed(result.inputs ?? source.inputs),
      attributes: result.attributes ?? {},
    }
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
    if (!node.outputs.every((name) => name === '' || this.constants.has(name) || this.aliases.has(name)))
      this.nodes.push(node)
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
    if (
      node.inputs.length === 0 ||
      outs.every((o) => o.constant || o.elements) ||
      !outs.every((o) => isStatic(o.shape))
    )
      return outs
    const blocks: (Block | undefined)[] = []
    for (const name of node.inputs) {
      const block = name === '' ? undefined : this.block(name)
      if (name !== '' && !block) return outs
      blocks.push(block)
    }
    const made = outs.reduce((total, o) => total + sizeOf(o.shape as number[]), 0)
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
  if (shape.length > maxRank)
    throw new NotUnderstood(`its result has more than ${maxRank} axes`, 'Check the shapes in the model.')
  if (shape.some((d) => typeof d === 'number' && !(Number.isInteger(d) && d >= 0)))
    throw new NotUnderstood(`its result would have shape ${formatDims(shape)}`, 'Check the shapes in the model.')
  product(shape)
}

function constantElements({ dtype, shape, elements }: Out): OnnxTensor | undefined {
  if (!elements || !isStatic(shape) || !elements.every((e) => typeof e === 'number')) return undefined
  return tensorOf(dtype, shape, elements)
}

function trimmed(names: readonly string[]): readonly string[] {
  let length = names.length
  while (length > 0 && names[length - 1] === '') length--
  return names.slice(0, length)
}

function unknownReason({ op, domain }: OnnxNode): [string, string] {
  if (domain !== '')
    return [
      `it is an operation of the domain "${domain}"`,
      'Export the model with standard ONNX operations, or inline its functions with onnx.inliner.',
    ]
  if (['Loop', 'Scan'].includes(op))
    return ['it is control flow', 'Export the model without control flow, or simplify it with onnxsim.']
  return ['the operation is not known', 'Replace it in the source model with standard layers, and export again.']
}
