/** Values at every step: [samples, steps, neurons]. */
export interface TimeGriddedData {
  readonly type: 'TimeGriddedData'
  readonly shape: readonly [samples: number, steps: number, neurons: number]
  readonly data: Float32Array | Float64Array
  /** Whether the values are spikes, 0 or 1, which files hold as booleans. */
  readonly binary: boolean
  /** Length of a step in seconds. */
  readonly dt: number
}

/** Spikes by their times: rows [samples, events], filled up with neuron -1 at time Infinity. */
export interface EventData {
  readonly type: 'EventData'
  readonly shape: readonly [samples: number, events: number]
  /** The neuron of each event. */
  readonly idx: Float64Array
  /** In seconds. */
  readonly time: Float64Array
  readonly n_neurons: number
  /** End of the recording in seconds. */
  readonly t_max: number
}

/** Events that carry a value each. */
export interface ValuedEventData extends Omit<EventData, 'type'> {
  readonly type: 'ValuedEventData'
  readonly value: Float64Array
}

/** What was recorded of one quantity of a node. */
export type NirObservable = TimeGriddedData | EventData | ValuedEventData

/** What was recorded of a node, by the name of the quantity: `spikes`, `membrane`, .. */
export interface NirNodeData {
  readonly type: 'NIRNodeData'
  readonly observables: Readonly<Record<string, NirObservable>>
}

/** What was recorded of a graph, by the names of its nodes. */
export interface NirGraphData {
  readonly type: 'NIRGraphData'
  readonly nodes: Readonly<Record<string, NirNodeData | NirGraphData>>
}

/** Every quantity with its path: `lif.spikes`, `outer.inner.membrane`. */
export function observablesOf({ nodes }: NirGraphData, prefix = ''): [path: string, value: NirObservable][] {
  return Object.entries(nodes).flatMap(([name, node]) =>
    node.type === 'NIRGraphData'
      ? observablesOf(node, `${prefix}${name}.`)
      : Object.entries(node.observables).map(([what, value]): [string, NirObservable] => [
          `${prefix}${name}.${what}`,
          value,
        ]),
  )
}
