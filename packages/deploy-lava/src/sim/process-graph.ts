import { checkArray, checkMembers } from '@snn/tensor/library'
import { SnnError, sizeOf } from '@snn/tensor'
import type { RunningProcess } from './process.js'
import { convShape, runConv, type Conv } from './processes/conv.js'
import { runDelayDense, type DelayDense } from './processes/delay-dense.js'
import { runDelta, type Delta, type SigmaDelta } from './processes/delta.js'
import { runDense, type Dense } from './processes/dense.js'
import { runLif, type Lif, type LifReset, type TernaryLif } from './processes/lif.js'
import { runResonateAndFire, type ResonateAndFire } from './processes/resonate-and-fire.js'
import { runRfZero, type RfZero } from './processes/rf-zero.js'
import { runSigma, type Sigma } from './processes/sigma.js'

/** The processes that hold weights. */
export type Synapse = Dense | DelayDense | Conv
/** The processes that hold neurons. */
export type Neuron = Lif | LifReset | TernaryLif | Delta | SigmaDelta | Sigma | ResonateAndFire | RfZero
/** A process of Lava as plain data. */
export type Process = Synapse | Neuron

/** A process of a graph; connections name it. */
export interface NamedProcess {
  readonly name: string
  readonly process: Process
}

/** Lava processes wired to each other: what `loadNetwork` makes of a `.net` file, or what is written by hand. */
export interface ProcessGraph {
  /** Of what is sent in each step, C, H, W or [N]. */
  readonly inputShape: readonly number[]
  readonly processes: readonly NamedProcess[]
  /**
   * From `input` or the name of a process, to a port: `['input', 'p0.s_in']`. What arrives at one port from several
   * adds up.
   */
  readonly connections: readonly (readonly [from: string, to: string])[]
}

const synapses: ReadonlySet<string> = new Set<Synapse['type']>(['Dense', 'DelayDense', 'Conv'])
export const isSynapse = (process: Process): process is Synapse => synapses.has(process.type)

/** Shape of what a process sends: C, H, W or [N]. */
export function shapeOf(process: Process): readonly number[] {
  return process.type === 'Conv' ? convShape(process) : isSynapse(process) ? [process.shape[0]] : process.shape
}

export function start(process: Process): RunningProcess {
  const count = sizeOf(shapeOf(process))
  switch (process.type) {
    case 'Dense':
      return runDense(process)
    case 'DelayDense':
      return runDelayDense(process)
    case 'Conv':
      return runConv(process)
    case 'LIF':
    case 'LIFReset':
    case 'TernaryLIF':
      return runLif(process, count)
    case 'Delta':
    case 'SigmaDelta':
      return runDelta(process, count)
    case 'Sigma':
      return runSigma(process, count)
    case 'RF':
    case 'RF_IZ':
      return runResonateAndFire(process, count)
    case 'RFZero':
      return runRfZero(process, count)
  }
}

/**
 * Connections as processes and ports, checked; and the neurons in the order in which they must run. @throws `ARGUMENT`
 */
export function wiring(graph: ProcessGraph): {
  readonly edges: readonly Edge[]
  readonly order: readonly NamedProcess[]
} {
  checkProcesses('simulate', graph)
  const byName = new Map(graph.processes.map((named) => [named.name, named]))
  const wrong = (what: string, value: unknown): SnnError =>
    new SnnError('ARGUMENT', `[simulate] ${what}`, { name: 'connections', value })
  if (byName.size !== graph.processes.length || byName.has('input'))
    throw wrong(
      'two processes of one name, expected a name each, none of them input.',
      graph.processes.map(({ name }) => name),
    )
  const edges = graph.connections.map(([from, to]): Edge => {
    const source = from.replace(/\.(s_out|a_out)$/, '')
    const dot = to.lastIndexOf('.')
    const target = byName.get(to.slice(0, dot))
    if (source !== 'input' && !byName.has(source))
      throw wrong(`'${from}' is no process, expected input or one of ${[...byName.keys()].join(', ')}.`, from)
    if (!target) throw wrong(`'${to}' is no port of a process, expected process.port.`, to)
    return { source, target: target.name, port: to.slice(dot + 1) }
  })
  const order: NamedProcess[] = graph.processes.filter(({ process }) => isSynapse(process))
  const sent = new Set(['input', ...order.map(({ name }) => name)])
  let waiting = graph.processes.filter(({ process }) => !isSynapse(process))
  while (waiting.length > 0) {
    const ready = waiting.filter(({ name }) => edges.every(({ source, target }) => target !== name || sent.has(source)))
    if (ready.length === 0)
      throw wrong(
        `${waiting.map(({ name }) => name).join(', ')} wait for each other without a synapse between, expected a synapse in each cycle.`,
        waiting.length,
      )
    for (const named of ready) sent.add(named.name)
    order.push(...ready)
    waiting = waiting.filter((named) => !ready.includes(named))
  }
  return { edges, order }
}

export interface Edge {
  readonly source: string
  readonly target: string
  readonly port: string
}

/** Throws `ARGUMENT` unless `graph` holds named processes and connections. */
export function checkProcesses(operation: string, graph: unknown): asserts graph is ProcessGraph {
  checkMembers(
    operation,
    graph,
    'graph',
    ['inputShape', 'processes', 'connections'],
    'a ProcessGraph',
    'Give what loadNetwork(net) gives.',
  )
  for (const name of ['inputShape', 'processes', 'connections'] as const)
    checkArray(operation, (graph as ProcessGraph)[name], `graph.${name}`)
  for (const [i, named] of (graph as ProcessGraph).processes.entries())
    checkMembers(operation, named, `graph.processes[${i}]`, ['name', 'process'], '{ name, process }')
}
