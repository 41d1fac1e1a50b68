import {
  convLayer,
  isStateful,
  linearLayer,
  matcher,
  type Inputs,
  type Network,
  type RunOptions,
  type RunResult,
} from '@snn/nn'
import { SnnError, type ConvOptions, type Tensor, type Variable } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { accumulate } from './accumulate.js'
import type { PlasticityRule, RuleState, Synapse } from './rule.js'

/** What the rules remember, by the name of the node. */
export type LearnerState = Readonly<Record<string, RuleState>>

/** Options of a run that learns. */
export interface LearnerOptions extends RunOptions {
  /** Where the rules start from; those that it lacks start from their initial state. */
  readonly learning?: LearnerState | undefined
  /** Of rules that need one: [] for all steps, [T], or [T, N]. */
  readonly reward?: Tensor | undefined
}

/** What a run that learns gives beside its outputs. */
export interface LearnerResult extends RunResult {
  /** The changes of the weights, by path: `linear1.weight`. */
  readonly deltas: Readonly<Record<string, Tensor>>
  /** The last state of the rules. */
  readonly learning: LearnerState
}

/** Local rules at work on connections of a network. */
export interface Learner {
  /** The weights that the rules change, by path. */
  readonly parameters: Readonly<Record<string, Variable>>
  /** Runs the network over x [T, N, ..] and the rules over the spikes. Changes nothing. */
  run(x: Inputs, options?: LearnerOptions): LearnerResult
  /** Assigns w + lr delta to each weight. In a trace. */
  apply(deltas: Readonly<Record<string, Tensor>>, options: { readonly lr: number | Tensor }): void
  /** -delta: what an optimiser that descends along gradients takes for them. */
  gradients(deltas: Readonly<Record<string, Tensor>>): Record<string, Tensor>
}

interface Place {
  readonly name: string
  readonly rule: PlasticityRule
  /** Where the spikes before the connection come from: a node or an input of the network. */
  readonly source: string
  /** The neurons that it feeds. */
  readonly neurons: string
  readonly weight: Variable
  readonly window: ConvOptions
}

/**
 * Learns weights of `net` by local rules: `rules` names linear layers and convolutions, each with its rule. The spikes
 * before a connection are what its layer takes in, those behind it the spikes of the next layer with memory.
 *
 * @throws `ARGUMENT` for a node that is no such layer, and one that does not lead to one layer of neurons; in a run
 * what the rules throw
 */
export function learner(net: Network, rules: Readonly<Record<string, PlasticityRule>>): Learner {
  checkMembers('learner', net, 'net', ['nodes', 'run()'], 'a Network such as sequential(..)')
  checkObject('learner', rules, 'rules', 'rules by the names of layers')
  const places = Object.entries(rules).map(([name, rule]) => placeOf(net, name, rule))
  if (places.length === 0)
    throw new SnnError('ARGUMENT', '[learner] no rules, expected at least one. Give { linear1: stdp(..) }.', {
      name: 'rules',
      value: [],
    })
  return {
    parameters: Object.fromEntries(places.map(({ name, weight }) => [`${name}.weight`, weight])),
    run(x, { learning = {}, reward, ...options } = {}) {
      const wanted = options.record ?? []
      const inputs = net.bind(x)
      const needed = places.flatMap(({ source, neurons }) => [
        ...(source in inputs ? [] : [`${source}.output`]),
        `${neurons}.spike`,
      ])
      const result = net.run('sequence', x, { ...options, record: [...wanted, ...needed] })
      const updates = places.map(({ name, rule, source, neurons, weight, window }) => {
        const synapse: Synapse = { ...window, weight: weight.read() }
        const pre = inputs[source] ?? result.recorded[`${source}.output`]!
        const given = rule.needsReward ? reward : undefined
        return [
          name,
          accumulate(rule, synapse, pre, result.recorded[`${neurons}.spike`]!, {
            state: learning[name],
            reward: given,
          }),
        ] as const
      })
      const isWanted = matcher(wanted)
      return {
        ...result,
        recorded: Object.fromEntries(Object.entries(result.recorded).filter(([name]) => isWanted(name))),
        deltas: Object.fromEntries(updates.map(([name, { delta }]) => [`${name}.weight`, delta])),
        learning: Object.fromEntries(updates.map(([name, { state }]) => [name, state])),
      }
    },
    apply(deltas, { lr }) {
      for (const { name, weight } of places) weight.assign(weight.read().add(deltas[`${name}.weight`]!.mul(lr)))
    },
    gradients: (deltas) => Object.fromEntries(Object.entries(deltas).map(([path, delta]) => [path, delta.neg()])),
  }
}

function placeOf(net: Network, name: string, rule: PlasticityRule): Place {
  const { layer, inputs } = net.node(name)
  const { weight } = layer.variables
  if (!(linearLayer.is(layer) || convLayer.is(layer)) || !weight) {
    throw new SnnError(
      'ARGUMENT',
      `[learner] '${name}' is a ${layer.kind} layer, expected a linear layer or a convolution. Name another node.`,
      { name, value: layer.kind },
    )
  }
  return {
    name,
    rule,
    source: inputs[0]!,
    neurons: neuronsBehind(net, name),
    weight,
    window: convLayer.is(layer) ? layer.config : {},
  }
}

/** The next layer with memory along nodes that feed one other. */
function neuronsBehind(net: Network, name: string): string {
  for (let at = name; ;) {
    const readers = net.nodes.filter(({ inputs }) => inputs.includes(at))
    if (readers.length !== 1) {
      throw new SnnError(
        'ARGUMENT',
        `[learner] '${at}' behind '${name}' feeds ${readers.map((reader) => reader.name).join(', ') || 'nothing'}, expected one layer of neurons. Name a connection that leads to one.`,
        { name, value: readers.map((reader) => reader.name) },
      )
    }
    at = readers[0]!.name
    if (isStateful(readers[0]!.layer)) return at
  }
}
