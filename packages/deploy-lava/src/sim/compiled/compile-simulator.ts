import {
  compile,
  scan,
  sizeOf,
  SnnError,
  variable,
  zeros,
  type Backend,
  type DType,
  type TensorLike,
  type Tensor,
  type Variable,
} from '@snn/tensor'
import { checkArray, checkByRules, optionRule, type OptionRules } from '@snn/tensor/library'
import { isSynapse, shapeOf, wiring, type ProcessGraph, type Synapse, checkProcesses } from '../process-graph.js'
import { components } from './components.js'
import { addFlows, exactFloat, onlyPlain, type Flow, type FlowKind } from './flow.js'
import { neuronProgram, sentBy, type NeuronProgram } from './neuron.js'
import { lookBack, synapseProgram, type SynapseProgram } from './synapse.js'

export interface CompileSimulatorOptions {
  /** Default: what `setDefaultBackend` was given. It must compute float32 in full: TF32 rounds weights. */
  readonly backend?: Backend
  /** Processes whose output is handed out, by name. */
  readonly record: readonly string[]
  /** Samples that run beside each other. Default 1. */
  readonly batch?: number
  /** Largest magnitude of what the source sends. Default 1 where no synapse takes values from it, else 2^31. */
  readonly inputBound?: number
}

export const compileSimulatorRules: OptionRules<CompileSimulatorOptions> = {
  backend: optionRule.backend,
  record: optionRule.texts,
  batch: optionRule.number,
  inputBound: optionRule.number,
}

/** Lava's fixed-point simulation as a compiled program. */
export interface CompiledSimulator extends AsyncDisposable {
  /**
   * Runs T steps more, of T x batch inputs: [T, batch, ..inputShape] in whole numbers (int32). Gives what each recorded
   * process sent, [T, batch, ..]. Equal T share a program; memory grows with T of one call only.
   */
  run(input: TensorLike): Promise<Readonly<Record<string, Int32Array>>>
  /** States of a process after the last step, [batch, ..]. */
  state(process: string): Promise<Readonly<Record<string, Int32Array>>>
  /** The next step is the first. */
  reset(): void
}

/**
 * The same numbers as `simulator`, from one program on any backend. Layers without a cycle run one after the other over
 * all steps of a call, so that synapses are one matrix product or convolution each; what is connected in a cycle runs
 * step by step. Sums are in float32 where the weights prove that they stay below 2^24 (then every order gives the
 * same), else from digits in int32.
 *
 * @throws `CONVERT_UNSUPPORTED` for parameters or values far outside the chip's, which only the plain form can run
 */
export function compileSimulator(graph: ProcessGraph, options: CompileSimulatorOptions): CompiledSimulator {
  checkProcesses('compileSimulator', graph)
  checkByRules('compileSimulator', options, compileSimulatorRules)
  const { batch = 1, record } = options
  checkArray('compileSimulator', record, 'record', 'names of processes')
  const plan = planOf(graph, options.inputBound)
  const unknown = record.find((name) => !plan.parts.has(name))
  if (unknown !== undefined)
    throw new SnnError(
      'ARGUMENT',
      `[compileSimulator] no process '${unknown}' to record, expected one of ${[...plan.parts.keys()].join(', ')}.`,
      { name: 'record', value: unknown },
    )
  const cells = new Map<string, { readonly cell: Variable; readonly initial: Int32Array }>()
  const cellOf = (path: string, dtype: DType, shape: readonly number[], initial: Int32Array): Variable => {
    const found = cells.get(path)?.cell
    if (found) return found
    const cell = variable(initialValue(dtype, shape, initial), { name: path })
    cells.set(path, { cell, initial })
    return cell
  }
  for (const [name, part] of plan.parts) {
    if (part.kind === 'neuron')
      for (const [key, values] of Object.entries(part.program.initial))
        cellOf(`${name}.${key}`, part.program.dtype, [batch, ...part.shape], values)
    else
      cellOf(
        `${name}.past`,
        part.takes.dtype,
        [part.program.depth, batch, ...part.program.inputShape],
        new Int32Array(0),
      )
  }
  const program = compile(
    (input: Tensor, awake: Readonly<Record<string, Tensor>>) => {
      const largest: Record<string, Tensor> = {}
      const sent = new Map<string, Flow>([
        [
          'input',
          { ...plan.input, value: plan.input.spikes ? input.ne(0).cast('float32') : input.cast(plan.input.dtype) },
        ],
      ])
      for (const group of plan.groups) {
        const [first] = group
        const part = plan.parts.get(first!)!
        if (group.length === 1 && part.kind === 'synapse') {
          const past = cells.get(`${first}.past`)!.cell
          const coming = arriving(plan, first!, 's_in', sent, [input.shape[0]!, batch, ...part.program.inputShape])
          if (largestOf(part) !== undefined)
            largest[first!] = coming.value
              .cast('int32')
              .maximum(1 - 2 ** 31)
              .abs()
              .max()
          const { views, after } = lookBack(
            past.read(),
            { ...coming, value: coming.value.cast(part.takes.dtype) },
            part.program.depth,
          )
          past.assign(after)
          sent.set(first!, part.program.send(views))
        } else runTogether(plan, group, cells, sent, awake, input.shape[0]!, batch)
      }
      return { outputs: Object.fromEntries(record.map((name) => [name, sent.get(name)!.value.cast('int32')])), largest }
    },
    options.backend ? { backend: options.backend } : {},
  )
  let steps = 0
  return {
    async run(input) {
      const [T = 0] = input.shape
      const expected = [T, batch, ...graph.inputShape]
      if (T === 0 || sizeOf(input.shape) !== sizeOf(expected))
        throw new SnnError(
          'SHAPE',
          `[compileSimulator] input of shape [${input.shape.join(',')}], expected [T,${batch},${graph.inputShape.join(',')}].`,
          { shapes: [input.shape, expected] },
        )
      const awake = Object.fromEntries(
        plan.resets.map(({ key, interval, offset }) => [
          key,
          {
            data: Float32Array.from({ length: T }, (_, t) => ((steps + t + 1) % interval === offset ? 0 : 1)),
            shape: [T],
          },
        ]),
      )
      const { outputs, largest } = await program(
        { data: wholeNumbers(input.data, plan.input), shape: expected, dtype: 'int32' },
        awake,
      )
      steps += T
      for (const [name, value] of Object.entries(largest)) {
        if (value.item() > largestOf(plan.parts.get(name)!)!)
          throw onlyPlain(name, `${value.item()} arrived, for which its sums may leave 32 bits`)
      }
      return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as Int32Array]))
    },
    async state(process) {
      const found = [...cells].filter(([path]) => path.startsWith(`${process}.`) && !path.endsWith('.past'))
      return Object.fromEntries(
        await Promise.all(
          found.map(
            async ([path, { cell }]) => [path.slice(process.length + 1), Int32Array.from(await cell.data())] as const,
          ),
        ),
      )
    },
    reset() {
      steps = 0
      for (const { cell, initial } of cells.values()) cell.set(initialValue(cell.dtype, cell.shape, initial))
    },
    [Symbol.asyncDispose]: () => program.dispose(),
  }
}

interface SynapsePart {
  readonly kind: 'synapse'
  readonly program: SynapseProgram
  readonly takes: FlowKind
  readonly sent: FlowKind
  readonly shape: readonly number[]
}

interface NeuronPart {
  readonly kind: 'neuron'
  readonly program: NeuronProgram
  readonly sent: FlowKind
  /** Of those that are reset. */
  readonly reset: string | undefined
  readonly shape: readonly number[]
}

interface SimulationPlan {
  readonly parts: ReadonlyMap<string, SynapsePart | NeuronPart>
  readonly groups: readonly (readonly string[])[]
  readonly sources: (name: string, port: string) => readonly string[]
  readonly input: FlowKind
  readonly resets: readonly { readonly key: string; readonly interval: number; readonly offset: number }[]
}

/**
 * What each process may send decides what the next computes in: bounds are found first, of neurons from their kind, of
 * synapses from weights.
 */
function planOf(graph: ProcessGraph, inputBound?: number): SimulationPlan {
  const { edges, order } = wiring(graph)
  const sources = (name: string, port: string): readonly string[] =>
    edges.filter((edge) => edge.target === name && edge.port === port).map((edge) => edge.source)
  const takesValues = graph.processes.some(
    ({ name, process }) =>
      edges.some((edge) => edge.source === 'input' && edge.target === name) &&
      (!isSynapse(process) || (process.num_message_bits ?? 0) > 0),
  )
  const bound = inputBound ?? (takesValues ? 2 ** 31 : 1)
  const input: FlowKind = { dtype: bound < exactFloat ? 'float32' : 'int32', bound, spikes: !takesValues }
  const byName = new Map(graph.processes.map(({ name, process }) => [name, process]))
  const synapses = new Map<string, SynapsePart>()
  const visiting = new Set<string>()
  const sends = (name: string): FlowKind => {
    if (name === 'input') return input
    const process = byName.get(name)!
    if (!isSynapse(process)) return sentBy(process)
    return visiting.has(name) ? sentBy({ type: 'Sigma' }) : synapsePart(name, process).sent
  }
  const summed = (name: string, port: string): FlowKind => {
    const from = sources(name, port).map(sends)
    if (from.length === 1) return from[0]!
    const sum = from.reduce((total, flow) => total + flow.bound, 0)
    return { dtype: sum < exactFloat ? 'float32' : 'int32', bound: Math.min(sum, 2 ** 31), spikes: false }
  }
  const synapsePart = (name: string, process: Synapse): SynapsePart => {
    const known = synapses.get(name)
    if (known) return known
    visiting.add(name)
    const program = synapseProgram(process)
    const takes = summed(name, 's_in')
    const { value, bound: most } = program.send(
      Array.from({ length: program.depth }, () => ({
        ...takes,
        value: zeros([1, ...program.inputShape], { dtype: takes.dtype }),
      })),
    )
    const part: SynapsePart = {
      kind: 'synapse',
      program,
      takes,
      sent: { dtype: value.dtype, bound: most, spikes: false },
      shape: shapeOf(process),
    }
    visiting.delete(name)
    synapses.set(name, part)
    return part
  }
  const resets = new Map<string, { readonly key: string; readonly interval: number; readonly offset: number }>()
  const parts = new Map(
    order.map(({ name, process }): [string, SynapsePart | NeuronPart] => {
      if (isSynapse(process)) return [name, synapsePart(name, process)]
      const shape = shapeOf(process)
      let reset: string | undefined
      if (process.type === 'LIFReset') {
        const [interval, offset] = [process.reset_interval, process.reset_offset % process.reset_interval]
        reset = `${interval}.${offset}`
        resets.set(reset, { key: reset, interval, offset })
      }
      return [
        name,
        {
          kind: 'neuron',
          program: neuronProgram(name, process, sizeOf(shape), (port) => summed(name, port).bound),
          sent: sentBy(process),
          reset,
          shape,
        },
      ]
    }),
  )
  const groups = components(
    [...parts.keys()],
    edges.filter(({ source }) => source !== 'input'),
  )
  for (const group of groups.filter(({ length }) => length > 1)) {
    const unbounded = group.find((name) => largestOf(parts.get(name)!) !== undefined)
    if (unbounded !== undefined) throw onlyPlain(unbounded, 'a convolution of values in a cycle')
  }
  return { parts, groups, sources, input, resets: [...resets.values()] }
}

/** What arrives at a port; nothing where nothing is connected. */
function arriving(
  plan: SimulationPlan,
  name: string,
  port: string,
  sent: ReadonlyMap<string, Flow>,
  shape: readonly number[],
): Flow {
  const flows = plan.sources(name, port).map((source): Flow => {
    const flow = sent.get(source)!
    return { ...flow, value: flow.value.reshape(shape) }
  })
  return flows.length === 0 ? { value: zeros(shape), bound: 0 } : addFlows(flows)
}

/** One neuron, or processes in a cycle, step by step: synapses send what came before, neurons run, synapses take. */
function runTogether(
  plan: SimulationPlan,
  group: readonly string[],
  cells: ReadonlyMap<string, { readonly cell: Variable }>,
  sent: Map<string, Flow>,
  awake: Readonly<Record<string, Tensor>>,
  T: number,
  batch: number,
): void {
  // In the order of the plan: synapses first, neurons as they depend on each other.
  const members = [...plan.parts.keys()]
    .filter((name) => group.includes(name))
    .map((name) => ({ name, part: plan.parts.get(name)! }))
  const inside = new Set(group)
  const paths = [...cells.keys()].filter((path) => inside.has(path.slice(0, path.lastIndexOf('.'))))
  const outside = new Map<string, Flow>()
  for (const { name, part } of members) {
    const ports = part.kind === 'synapse' ? ['s_in'] : part.program.ports
    for (const source of ports.flatMap((port) => plan.sources(name, port)))
      if (!inside.has(source)) outside.set(source, sent.get(source)!)
  }
  const wanted = [
    ...new Set(members.flatMap(({ part }) => (part.kind === 'neuron' && part.reset !== undefined ? [part.reset] : []))),
  ]
  const initial = Object.fromEntries(paths.map((path) => [path, cells.get(path)!.cell.read()]))
  const sequences = {
    values: Object.fromEntries([...outside].map(([name, { value }]) => [name, value])),
    awake: Object.fromEntries(wanted.map((key) => [key, awake[key]!])),
  }
  const kinds = new Map([...outside].map(([name, { bound, spikes = false }]) => [name, { bound, spikes }]))
  const [last, outputs] = scan(
    (state: Readonly<Record<string, Tensor>>, x: typeof sequences) => {
      const now = new Map<string, Flow>(
        Object.entries(x.values).map(([name, value]) => [name, { ...kinds.get(name)!, value }]),
      )
      const next: Record<string, Tensor> = {}
      for (const { name, part } of members) {
        if (part.kind === 'synapse') {
          const past = state[`${name}.past`]!
          const views = Array.from({ length: part.program.depth }, (_, i): Flow => ({
            ...part.takes,
            value: past.at(0, i),
          }))
          now.set(name, part.program.send(views))
        } else {
          const { program, shape } = part
          const inputs = Object.fromEntries(
            program.ports.map((port) => [port, arriving(plan, name, port, now, [batch, ...shape])]),
          )
          const own = Object.fromEntries(Object.keys(program.initial).map((key) => [key, state[`${name}.${key}`]!]))
          const [after, out] = program.step(own, inputs, part.reset === undefined ? undefined : x.awake[part.reset])
          for (const [key, value] of Object.entries(after)) next[`${name}.${key}`] = value
          now.set(name, { ...part.sent, value: out })
        }
      }
      for (const { name, part } of members) {
        if (part.kind !== 'synapse') continue
        const taken = arriving(plan, name, 's_in', now, [1, batch, ...part.program.inputShape])
        const { after } = lookBack(
          state[`${name}.past`]!,
          { ...taken, value: taken.value.cast(part.takes.dtype) },
          part.program.depth,
        )
        next[`${name}.past`] = after
      }
      return [next, Object.fromEntries(members.map(({ name }) => [name, now.get(name)!.value]))] as const
    },
    initial,
    sequences,
    { length: T },
  )
  for (const path of paths) cells.get(path)!.cell.assign(last[path]!)
  for (const { name, part } of members) sent.set(name, { ...part.sent, value: outputs[name]! })
}

const largestOf = (part: SynapsePart | NeuronPart): number | undefined =>
  part.kind === 'synapse' && part.takes.bound > (part.program.largestInput ?? Infinity)
    ? part.program.largestInput
    : undefined

function initialValue(dtype: DType, shape: readonly number[], values: Int32Array): TensorLike {
  const count = sizeOf(shape)
  const data = dtype === 'int32' ? new Int32Array(count) : new Float32Array(count)
  if (values.length > 0) for (let at = 0; at < count; at += values.length) data.set(values, at)
  return { data, shape, dtype }
}

/** The input as int32, checked. */
function wholeNumbers(data: ArrayLike<number>, { bound, spikes }: FlowKind): Int32Array {
  const whole = data instanceof Int32Array ? data : new Int32Array(data)
  if (whole === data && (spikes || bound >= 2 ** 31)) return whole
  for (let i = 0; i < whole.length; i++) {
    if (whole[i] === data[i] && (spikes || Math.abs(whole[i]!) <= bound)) continue
    throw new SnnError(
      'ARGUMENT',
      `[compileSimulator] the input holds ${data[i]}, expected whole numbers of at most ${bound}. Correct it, or give inputBound.`,
      { name: 'input', value: data[i] },
    )
  }
  return whole
}
