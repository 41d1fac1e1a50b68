import { formatShape, scan, SnnError, withPath, type Shape, type Tensor, type Variable } from '@snn/tensor'
import { isStateful, type Context, type Layer, type State, type StatefulLayer } from './layer.js'

/** A named layer and where its inputs come from: names of other nodes or of network inputs. */
export interface NetworkNode {
  readonly name: string
  readonly layer: Layer
  readonly inputs: readonly string[]
}

export interface NetworkInput {
  readonly name: string
  /** Shape of one sample, without [T, N]. */
  readonly shape: Shape
}

/** State of all layers with memory, by node name. */
export type NetworkState = Readonly<Record<string, State>>

export interface RunOptions {
  readonly training?: boolean
  /** Where to start from; layers that it lacks start from their initial state. */
  readonly state?: NetworkState | undefined
  /** Values to hand out beside the outputs: `conv1.output`, `if1.v`, `*.spike`. */
  readonly record?: readonly string[]
}

export interface RunResult {
  readonly outputs: Readonly<Record<string, Tensor>>
  /** The last state. */
  readonly state: NetworkState
  readonly recorded: Readonly<Record<string, Tensor>>
}

/** `step`: [N, ..], one time step.  `sequence`: [T, N, ..], layer by layer. */
export type Mode = 'step' | 'sequence'

/**
 * A directed acyclic graph of named layers: the form that conversion and deployment read and write. Immutable but for the
 * values of its Variables.
 */
export class Network {
  readonly contract = 1
  readonly inputs: readonly NetworkInput[]
  /** In topological order. */
  readonly nodes: readonly NetworkNode[]
  /** Names of the nodes (or inputs) whose values are the outputs. */
  readonly outputs: readonly string[]

  constructor(parts: { readonly inputs: readonly NetworkInput[]; readonly nodes: readonly NetworkNode[]; readonly outputs: readonly string[] }) {
    this.inputs = parts.inputs
    this.nodes = sorted(parts.nodes, parts.inputs)
    this.outputs = parts.outputs
    const known = new Set([...this.inputs, ...this.nodes].map(({ name }) => name))
    for (const name of this.outputs) if (!known.has(name)) throw unknownName(name, 'output', [...known])
  }

  /** The node called `name`. */
  node(name: string): NetworkNode {
    const found = this.nodes.find((node) => node.name === name)
    if (!found) throw unknownName(name, 'node', this.nodes.map((node) => node.name))
    return found
  }

  /** Every Variable by its dotted path: `conv1.weight`. */
  variables(): Record<string, Variable> {
    return Object.fromEntries(this.nodes.flatMap(({ name, layer }) => Object.entries(layer.variables).map(([key, value]) => [`${name}.${key}`, value] as const)))
  }

  /** Layer-wise over time: x [T, N, ..] -> [T, N, ..]. Layers without memory take all steps at once. */
  forward(x: Tensor, options: RunOptions = {}): Tensor {
    return this.single(this.run('sequence', this.bind(x), options))
  }

  /** The same, with the last state: for truncated backpropagation through time. */
  forwardWithState(x: Tensor, options: RunOptions = {}): readonly [Tensor, NetworkState] {
    const result = this.run('sequence', this.bind(x), options)
    return [this.single(result), result.state]
  }

  /** One step: x [N, ..] and a state -> output and the next state. */
  step(x: Tensor, options: RunOptions = {}): readonly [Tensor, NetworkState] {
    const result = this.run('step', this.bind(x), options)
    return [this.single(result), result.state]
  }

  /** Everything: inputs by name -> outputs by name, state, recorded values. */
  run(mode: Mode, inputs: Readonly<Record<string, Tensor>>, options: RunOptions = {}): RunResult {
    const { training = false, state = {}, record = [] } = options
    const context: Context = { training, lead: mode === 'step' ? 1 : 2 }
    const values = new Map<string, Tensor>()
    for (const input of this.inputs) values.set(input.name, this.#checkInput(input, inputs[input.name], context.lead))
    const next: Record<string, State> = {}
    const recorded: Record<string, Tensor> = {}
    const wanted = matcher(record)
    const keep = (name: string, value: Tensor): void => {
      if (wanted(name)) recorded[name] = value
    }
    for (const { name, layer, inputs: from } of this.nodes) {
      const taken = from.map((source) => values.get(source)!)
      const output = withPath(name, () => {
        if (!isStateful(layer)) return layer.apply(taken, context)
        const names = [...Object.keys(layer.initialState([1], 'float32')), 'spike'].filter((key) => wanted(`${name}.${key}`))
        const result = advance(layer, mode, taken[0]!, state[name], names)
        next[name] = result.state
        for (const key of names) if (result.named[key]) keep(`${name}.${key}`, result.named[key])
        return result.output
      })
      values.set(name, output)
      keep(`${name}.output`, output)
    }
    return { outputs: Object.fromEntries(this.outputs.map((name) => [name, values.get(name)!])), state: next, recorded }
  }

  /** Inputs by name, for a network with one. */
  bind(x: Tensor): Record<string, Tensor> {
    if (this.inputs.length !== 1) {
      throw new SnnError('ARGUMENT', `[network] one tensor for the inputs ${this.inputs.map(({ name }) => name).join(', ')}, expected one input. Use run() with inputs by name.`, {
        name: 'x',
        value: this.inputs.length,
      })
    }
    return { [this.inputs[0]!.name]: x }
  }

  /** The first output. */
  single({ outputs }: RunResult): Tensor {
    return outputs[this.outputs[0]!]!
  }

  #checkInput({ name, shape }: NetworkInput, x: Tensor | undefined, lead: number): Tensor {
    const features = x?.shape.slice(lead)
    if (x && features!.length === shape.length && x.shape.length >= lead && shape.every((n, i) => n === features![i])) return x
    const axes = lead === 1 ? 'N' : 'T,N'
    throw new SnnError('SHAPE', `[network] input '${name}' has ${x ? `shape ${formatShape(x.shape)}` : 'no value'}, expected [${[axes, ...shape].join(',')}].`, {
      shapes: [x?.shape ?? [], shape],
    })
  }
}

interface Advanced {
  readonly output: Tensor
  readonly state: State
  readonly named: Readonly<Record<string, Tensor>>
}

function advance(layer: StatefulLayer, mode: Mode, x: Tensor, given: State | undefined, names: readonly string[]): Advanced {
  const once = (state: State, now: Tensor): Advanced => {
    const { output, state: next, spike } = layer.step(now, state)
    const all: Record<string, Tensor> = spike ? { ...next, spike } : next
    return { output, state: next, named: Object.fromEntries(names.filter((key) => all[key]).map((key) => [key, all[key]!])) }
  }
  const shape = mode === 'step' ? x.shape : x.shape.slice(1)
  const state = given ?? layer.initialState(shape, x.dtype)
  if (mode === 'step') return once(state, x)
  const [last, ys] = scan(
    (before: State, now: Tensor) => {
      const { output, state: after, named } = once(before, now)
      return [after, { output, named }] as const
    },
    state,
    x,
  )
  return { output: ys.output, state: last, named: ys.named }
}

/** Whether a dotted name fits one of the patterns, in which `*` stands for anything. */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`))
  return (name) => expressions.some((expression) => expression.test(name))
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

function unknownName(name: string, what: string, known: readonly string[]): SnnError {
  return new SnnError('ARGUMENT', `[network] unknown ${what} '${name}', expected one of ${known.join(', ')}.`, { name: what, value: name })
}

/** The nodes with inputs before users; throws on unknown names, equal names and cycles. */
function sorted(nodes: readonly NetworkNode[], inputs: readonly NetworkInput[]): NetworkNode[] {
  const byName = new Map(nodes.map((node) => [node.name, node]))
  const taken = inputs.map(({ name }) => name)
  if (byName.size !== nodes.length || taken.some((name) => byName.has(name)) || new Set(taken).size !== taken.length) {
    throw new SnnError('ARGUMENT', `[network] names ${[...taken, ...nodes.map(({ name }) => name)].join(', ')}, expected each once. Rename one.`, { name: 'nodes', value: nodes.length })
  }
  const done = new Set(taken)
  const order: NetworkNode[] = []
  let waiting = [...nodes]
  while (waiting.length > 0) {
    const ready = waiting.filter((node) => node.inputs.every((name) => done.has(name)))
    if (ready.length === 0) {
      const [stuck] = waiting
      const missing = stuck!.inputs.find((name) => !done.has(name))!
      if (!byName.has(missing)) throw unknownName(missing, `input of '${stuck!.name}'`, [...taken, ...byName.keys()])
      throw new SnnError('ARGUMENT', `[network] '${stuck!.name}' and '${missing}' wait for each other, expected a graph without cycles. Put a delay or a recurrent container between them.`, {
        name: 'nodes',
        value: stuck!.name,
      })
    }
    for (const node of ready) {
      order.push(node)
      done.add(node.name)
    }
    waiting = waiting.filter((node) => !done.has(node.name))
  }
  return order
}
