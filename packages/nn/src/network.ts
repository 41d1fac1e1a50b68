import {
  formatShape,
  isSnnError,
  sameShape,
  SnnError,
  zeros,
  type Shape,
  type Tensor,
  type Variable,
} from '@snn/tensor'
import { currentPath, isFloat, isTensor, withPath, checkArray, checkObject } from '@snn/tensor/library'
import { advance } from './advance.js'
import { keyOf } from './initialize.js'
import { checkPart } from './check.js'
import { isStateful, type Context, type State } from './layer.js'
import type {
  Inputs,
  StepMode,
  NetworkFeedback,
  NetworkInput,
  NetworkMetadata,
  NetworkNode,
  NetworkParts,
  NetworkState,
  Runnable,
  RunOptions,
  RunResult,
} from './network-form.js'
import { inOrder, unknownName } from './order.js'
import { checkPatterns, matcher } from './patterns.js'
import { sampleShapes } from './sample-shapes.js'
import { stepwise } from './stepwise.js'

/**
 * A directed acyclic graph of named layers: the form that conversion and deployment read and write. What goes in
 * circles does so through
 * `feedback`, one step later; such a network runs all of its layers step by step. Immutable but for the values of its
 * Variables and for
 * `metadata`. Layers that nobody has given weights yet draw them here, from seed 0 and their names.
 */
export class Network implements Runnable {
  readonly contract = 1
  readonly inputs: readonly NetworkInput[]
  /** In topological order. */
  readonly nodes: readonly NetworkNode[]
  /** Names of the nodes (or inputs) whose values are the outputs. */
  readonly outputs: readonly string[]
  readonly feedback: readonly NetworkFeedback[]
  /** Replace it to say more: `net.metadata = { ...net.metadata, T: 8 }`. */
  metadata: NetworkMetadata

  /** @throws `ARGUMENT` for unknown or equal names, cycles without feedback, and a network without outputs */
  constructor(parts: NetworkParts) {
    checkObject('network', parts, 'parts', '{ inputs, nodes, outputs }')
    const { inputs, nodes, outputs, feedback = [], metadata = {} } = parts
    for (const [name, list] of Object.entries({ inputs, nodes, outputs, feedback })) checkArray('network', list, name)
    for (const node of nodes) {
      checkObject('network', node, 'a node', '{ name, layer, inputs }')
      checkArray('network', node.inputs, `inputs of '${node.name}'`)
      checkPart('network', node.layer, `the layer '${node.name}'`)
    }
    this.metadata = metadata
    this.inputs = inputs
    this.nodes = inOrder(nodes, [...inputs, ...feedback])
    this.outputs = outputs
    this.feedback = feedback
    const known = [...inputs, ...nodes].map(({ name }) => name)
    for (const { name, from } of feedback)
      if (!known.includes(from)) throw unknownName(from, `source of the feedback '${name}'`, known)
    for (const name of outputs) if (!known.includes(name)) throw unknownName(name, 'output', known)
    if (outputs.length === 0)
      throw new SnnError('ARGUMENT', '[network] no outputs, expected at least one. Name a node.', {
        name: 'outputs',
        value: outputs,
      })
    for (const { name, layer } of nodes)
      if (Object.values(layer.variables).every(({ version }) => version === 0)) layer.initialize?.(keyOf(0, name))
  }

  /** The node called `name`. */
  node(name: string): NetworkNode {
    const found = this.nodes.find((node) => node.name === name)
    if (!found)
      throw unknownName(
        name,
        'node',
        this.nodes.map((node) => node.name),
      )
    return found
  }

  /** Every Variable by its dotted path: `conv1.weight`. Layers that share a Variable name it more than once. */
  variables(): Record<string, Variable> {
    return Object.fromEntries(
      this.nodes.flatMap(({ name, layer }) =>
        Object.entries(layer.variables).map(([key, value]) => [`${name}.${key}`, value] as const),
      ),
    )
  }

  /**
   * The Variables that training changes, each once, by dotted path.
   *
   * @throws `SHAPE` when a parameter gets its size from the input, and neither an input nor its shape has been seen
   */
  parameters(): Record<string, Variable> {
    const missing = (): boolean =>
      this.nodes.some(({ layer }) => layer.trainable?.some((name) => !layer.variables[name]))
    if (missing()) sampleShapes(this)
    const found = new Map<Variable, string>()
    for (const { name, layer } of this.nodes) {
      for (const key of layer.trainable ?? Object.keys(layer.variables)) {
        const value = layer.variables[key]
        if (value && !found.has(value)) found.set(value, `${name}.${key}`)
      }
    }
    return Object.fromEntries([...found].map(([value, path]) => [path, value]))
  }

  /**
   * The Variables that training changes by other ways than gradients: running statistics, counters, given arrays. By
   * dotted path.
   */
  buffers(): Record<string, Variable> {
    const trained = new Set(Object.values(this.parameters()))
    return Object.fromEntries(Object.entries(this.variables()).filter(([, value]) => !trained.has(value)))
  }

  /**
   * Draws the weights of every layer that can, from `seed` and the layer's name, so that adding a layer changes no
   * other. Layers whose weights have been trained or set since they were drawn keep them.
   */
  initialize(options: { readonly seed?: number } = {}): this {
    for (const { name, layer } of this.nodes) layer.initialize?.(keyOf(options.seed ?? 0, name))
    return this
  }

  /**
   * Layer-wise over time: x [T, N, ..] -> [T, N, ..], the first output. Layers without memory take all steps at once.
   */
  forward(x: Inputs, options: RunOptions = {}): Tensor {
    return this.single(this.run('sequence', x, options))
  }

  /** The same, with the last state: for truncated backpropagation through time. */
  forwardWithState(x: Inputs, options: RunOptions = {}): readonly [Tensor, NetworkState] {
    const result = this.run('sequence', x, options)
    return [this.single(result), result.state]
  }

  /**
   * One step: x [N, ..] and a state -> output and the next state. A network without memory is a plain function this
   * way.
   */
  step(x: Inputs, options: RunOptions = {}): readonly [Tensor, NetworkState] {
    const result = this.run('step', x, options)
    return [this.single(result), result.state]
  }

  /** Everything: outputs by name, state, recorded values. */
  run(mode: StepMode, inputs: Inputs, options: RunOptions = {}): RunResult {
    checkObject('network', options)
    const { training = false, state = {}, record = [] } = options
    const context: Context = { training, lead: mode === 'step' ? 1 : 2 }
    if (this.feedback.length > 0 && mode === 'sequence') return stepwise(this, this.bind(inputs), options)
    const backwards = new Set(this.feedback.map(({ name }) => name))
    for (const name of Object.keys(state))
      if (!backwards.has(name) && !isStateful(this.node(name).layer))
        throw unknownName(
          name,
          'layer with memory',
          this.nodes.filter(({ layer }) => isStateful(layer)).map((node) => node.name),
        )
    const values = new Map<string, Tensor>()
    const given = this.bind(inputs)
    for (const input of this.inputs) values.set(input.name, checkInput(input, given[input.name], context))
    const last: Record<string, State> = {}
    const initial: Record<string, State> = {}
    const all: Record<string, Tensor> = {}
    for (const { name, shape } of this.feedback) {
      const value = before(values.get(this.inputs[0]!.name)!, shape)
      initial[name] = { value }
      values.set(name, state[name]?.['value'] ?? value)
    }
    for (const { name, layer, inputs: from } of this.nodes) {
      const taken = from.map((source) => values.get(source)!)
      const output = inLayer(name, () => {
        if (!isStateful(layer)) return layer.apply(taken, context)
        const result = advance(layer, mode, taken[0]!, state[name], context)
        last[name] = result.state
        initial[name] = result.initial
        for (const [key, value] of Object.entries(result.named)) all[`${name}.${key}`] = value
        return result.output
      })
      values.set(name, output)
      all[`${name}.output`] = output
    }
    for (const { name, from } of this.feedback)
      last[name] = { value: checkFeedback(name, from, values.get(from)!, values.get(name)!.shape) }
    checkPatterns(record, Object.keys(all))
    const wanted = matcher(record)
    return {
      outputs: Object.fromEntries(this.outputs.map((name) => [name, values.get(name)!])),
      state: last,
      initial,
      recorded: Object.fromEntries(Object.entries(all).filter(([name]) => wanted(name))),
    }
  }

  /** Inputs by name. */
  bind(inputs: Inputs): Readonly<Record<string, Tensor>> {
    const names = this.inputs.map(({ name }) => name)
    if (!isTensor(inputs)) {
      checkObject('network', inputs, 'x', 'a Tensor, or Tensors by the names of inputs')
      const strange = Object.keys(inputs).find((name) => !names.includes(name))
      if (strange !== undefined) throw unknownName(strange, 'input', names)
      return inputs
    }
    if (names.length !== 1) {
      throw new SnnError(
        'ARGUMENT',
        `[network] one tensor for the inputs ${names.join(', ')}, expected tensors by name: { ${names.join(', ')} }.`,
        { name: 'x', value: names.length },
      )
    }
    return { [names[0]!]: inputs }
  }

  /** The first output. */
  single({ outputs }: Pick<RunResult, 'outputs'>): Tensor {
    return outputs[this.outputs[0]!]!
  }
}

/** Runs `fn` under the layer's name, which errors then say. */
function inLayer<T>(name: string, fn: () => T): T {
  return withPath(name, () => {
    try {
      return fn()
    } catch (error) {
      // an error from a network inside of the layer has its name already
      if (isSnnError(error) && !error.message.includes(layerMark)) error.message += `${layerMark}'${currentPath()}'.`
      throw error
    }
  })
}

const layerMark = ' In the layer '

function checkInput({ name, shape }: NetworkInput, x: Tensor | undefined, { lead }: Context): Tensor {
  const features = x?.shape.slice(lead) ?? []
  const fits = shape ? features.length === shape.length && shape.every((n, i) => n === features[i]) : true
  if (x && x.shape.length >= lead && fits) return x
  const expected = [...(lead === 2 ? ['T', 'N'] : ['N']), ...(shape ?? ['..'])]
  throw new SnnError(
    'SHAPE',
    `[network] input '${name}' has ${x ? `shape ${formatShape(x.shape)}` : 'no value'}, expected [${expected.join(',')}].`,
    { shapes: [x?.shape ?? [], shape ?? []] },
  )
}

/** What comes backwards before the first step, beside an input of one step. */
function before(x: Tensor, shape: Shape): Tensor {
  return zeros([...x.shape.slice(0, 1), ...shape], { dtype: isFloat(x.dtype) ? x.dtype : 'float32' })
}

function checkFeedback(name: string, from: string, value: Tensor, shape: Shape): Tensor {
  if (sameShape(value.shape, shape)) return value
  throw new SnnError(
    'SHAPE',
    `[network] feedback '${name}' has shape ${formatShape(shape)} and its source '${from}' gives ${formatShape(value.shape)}, expected one shape. Correct that of the feedback.`,
    { shapes: [shape, value.shape] },
  )
}
