import { placeholder, SnnError } from '@snn/tensor'
import { isStateful, type Context, type Layer, type State } from '../layer.js'
import type { Network } from '../network.js'
import type { NetworkState } from '../network-form.js'
import type { Part } from '../sequential.js'
import { initialState } from '../stepwise.js'
import { checkPart } from '../check.js'

/** One step of a layer, with or without memory, or of a whole network. */
export interface PartLayer extends Pick<Layer, 'kind' | 'config' | 'initialize'> {
  /** May grow with the first input. */
  variables(): Layer['variables']
  trainable(): readonly string[]
  initialState(...parameters: Parameters<StatefulStep['initialState']>): State
  step: StatefulStep['step']
}

type StatefulStep = Extract<Layer, { step: unknown }>

/** @throws `ARGUMENT` for a network with several inputs or outputs */
export function partLayer(operation: string, part: Part): PartLayer {
  checkPart(operation, part, 'sub')
  return 'nodes' in part ? networkLayer(operation, part) : plainLayer(part)
}

function plainLayer(layer: Layer): PartLayer {
  const shared = {
    kind: layer.kind,
    config: layer.config,
    variables: () => layer.variables,
    trainable: () => layer.trainable ?? Object.keys(layer.variables),
    initialize: (key: number) => layer.initialize?.(key),
  }
  if (isStateful(layer))
    return {
      ...shared,
      initialState: (shape, dtype) => layer.initialState(shape, dtype),
      step: (x, state, context) => layer.step(x, state, context),
    }
  return {
    ...shared,
    initialState: () => ({}),
    step: (x, state, context) => ({ output: layer.apply([x], context), state }),
  }
}

function networkLayer(operation: string, net: Network): PartLayer {
  const { inputs, outputs, nodes } = net
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] a network with ${inputs.length} inputs and ${outputs.length} outputs, expected one of each. Take one output.`,
      { name: 'sub', value: [inputs.length, outputs.length] },
    )
  }
  return {
    kind: 'network',
    config: {},
    variables: () => net.variables(),
    trainable: () =>
      nodes.flatMap(({ name, layer }) =>
        (layer.trainable ?? Object.keys(layer.variables)).map((key) => `${name}.${key}`),
      ),
    initialize: (seed: number) => net.initialize({ seed }),
    initialState: (shape, dtype) => flat(initialState(net, placeholder(shape, dtype))),
    step(x, state, { training }: Context) {
      const result = net.run('step', x, { training, state: nested(state, net) })
      return { output: net.single(result), state: flat(result.state) }
    },
  }
}

function flat(state: NetworkState): State {
  return Object.fromEntries(
    Object.entries(state).flatMap(([node, values]) =>
      Object.entries(values).map(([key, value]) => [`${node}.${key}`, value] as const),
    ),
  )
}

/** The state by node again: a name belongs to the node with the longest name that it begins with. */
function nested(state: State, { nodes, feedback }: Network): NetworkState {
  const byNode: Record<string, Record<string, State[string]>> = {}
  for (const [path, value] of Object.entries(state)) {
    const [node] = [...nodes, ...feedback]
      .map(({ name }) => name)
      .filter((name) => path.startsWith(`${name}.`))
      .sort((a, b) => b.length - a.length) as [string]
    ;(byNode[node] ??= {})[path.slice(node.length + 1)] = value
  }
  return byNode
}

/** `values` with `prefix.` before every name. */
export function prefixed<V>(prefix: string, values: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}.${name}`, value]))
}

/** The values whose names begin with `prefix.`, without it. */
export function unprefixed<V>(prefix: string, values: Readonly<Record<string, V>>): Record<string, V> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      name.startsWith(`${prefix}.`) ? [[name.slice(prefix.length + 1), value] as const] : [],
    ),
  )
}
