import { Network, type NetworkFeedback, type NetworkNode } from '@snn/nn'
import type { Surrogate } from '@snn/surrogate'
import { SnnError } from '@snn/tensor'
import { checkStepOptions } from './arguments.js'
import { checkGraph } from './check-graph.js'
import type { NirArray } from './array.js'
import { checkNir } from './check.js'
import { lateEdges } from './cycles.js'
import { discretisations, type DiscretisationName } from './discretisations.js'
import { flatGraph, withEnds, type FlatGraph } from './flat-graph.js'
import type { NirGraph } from './graph.js'
import { layersOf, sum, type Time } from './node-layer.js'
import { fromNirRules } from './option-rules.js'

export interface FromNirOptions {
  /** Length of a step in seconds: NIR is continuous in time. */
  readonly dt: number
  /** Whose steps they are, see `discretisations`. Default 'exact'. */
  readonly as?: DiscretisationName
  /** For training. Default: that of `@snn/neuron`. */
  readonly surrogate?: Surrogate
  /** Whether delays that are no multiples of dt become the nearest. Default false: an error. */
  readonly roundDelays?: boolean
}

/**
 * A network that computes what a NIR graph says, on any backend. Nodes keep their names, those of inner graphs as
 * `outer.inner`; inputs and outputs are called as in the graph. An edge that closes a circle is one step late and
 * carries zeros at first. What meets in a node is added.
 *
 * @throws `NIR_INVALID` for a graph that contradicts itself, `NIR_UNSUPPORTED` for delays between steps, `ARGUMENT` for
 * a dt or name that does not fit
 */
export function fromNir(graph: NirGraph, options: FromNirOptions): Network {
  checkGraph('fromNir', graph)
  checkStepOptions('fromNir', options, fromNirRules)
  const { dt, as = 'exact', surrogate, roundDelays = false } = options
  if (!Object.hasOwn(discretisations, as))
    throw new SnnError(
      'ARGUMENT',
      `[fromNir] as '${as as string}', expected one of ${Object.keys(discretisations).join(', ')}.`,
      { name: 'as', value: as },
    )
  checkNir('fromNir', graph)
  const flat = flatGraph(withEnds(graph))
  checkStep(flat, dt, as)
  return build(flat, { dt, as, surrogate, roundDelays })
}

function build({ nodes, edges, shapes }: FlatGraph, time: Time): Network {
  const names = [...nodes.keys()].sort()
  const [inputs, outputs] = (['Input', 'Output'] as const).map((type) =>
    [...nodes.keys()].filter((name) => nodes.get(name)!.type === type),
  ) as [string[], string[]]
  const late = lateEdges(
    names,
    edges,
    names.filter((name) => inputs.includes(name)),
    (name) => hasMemory(nodes.get(name)!.type),
  )
  const taken = new Set(names)
  const free = (name: string): string => {
    let found = name
    for (let i = 2; taken.has(found); i++) found = `${name}${i}`
    taken.add(found)
    return found
  }
  const feedback = new Map<string, NetworkFeedback>()
  const previous = (from: string): string => {
    const known = feedback.get(from) ?? { name: free(`${from}.before`), from, shape: shapes.get(from)!.output }
    feedback.set(from, known)
    return known.name
  }
  const made: NetworkNode[] = []
  const refused: { node: string; kind: string; reason: string; fix: string }[] = []
  for (const [name, node] of nodes) {
    if (node.type === 'Input') continue
    const sources = edges.filter(([, to]) => to === name).map((edge) => (late.has(edge) ? previous(edge[0]) : edge[0]))
    if (sources.length === 0)
      throw new SnnError(
        'NIR_INVALID',
        `[fromNir] nothing leads to '${name}', expected an edge to it. Add one, or take the node out.`,
        { faults: [{ node: name, what: 'has nothing that leads to it', fix: 'Add an edge, or take it out.' }] },
      )
    const layers = node.type === 'Output' ? [] : layersOf(node, shapes.get(name)!, time)
    if ('reason' in layers) {
      refused.push({ node: name, kind: node.type, ...layers })
      continue
    }
    let from = sources
    if (sources.length > 1 || layers.length === 0) {
      const own = layers.length === 0 ? name : free(`${name}.sum`)
      made.push({ name: own, layer: sum(), inputs: sources })
      from = [own]
    }
    layers.forEach((layer, i) => {
      const own = i === layers.length - 1 ? name : free(`${name}.${i + 1}`)
      made.push({ name: own, layer, inputs: from })
      from = [own]
    })
  }
  if (refused.length > 0)
    throw new SnnError(
      'NIR_UNSUPPORTED',
      `[fromNir] ${refused.map(({ node, reason, fix }) => `'${node}' has ${reason}. ${fix}`).join('\n  ')}`,
      { nodes: refused },
    )
  if (outputs.length === 0)
    throw new SnnError('NIR_INVALID', '[fromNir] the graph has no output, expected at least one. Add an Output.', {
      faults: [{ node: '', what: 'has no output', fix: 'Add an Output.' }],
    })
  return new Network({
    inputs: inputs.map((name) => ({ name, shape: shapes.get(name)!.output })),
    nodes: made,
    outputs,
    feedback: [...feedback.values()],
  })
}

function hasMemory(type: string): boolean {
  return ['Delay', 'I', 'IF', 'LI', 'LIF', 'CubaLI', 'CubaLIF'].includes(type)
}

/** Throws `ARGUMENT` for a step that a linear decay turns into swinging. */
function checkStep({ nodes }: FlatGraph, dt: number, as: DiscretisationName): void {
  if (discretisations[as].decay !== 'linear') return
  for (const [name, node] of nodes) {
    for (const field of ['tau', 'tau_syn', 'tau_mem'] as const) {
      const tau = field in node ? least((node as unknown as Readonly<Record<string, NirArray>>)[field]!) : Infinity
      if (dt > tau * (1 + 1e-6))
        throw new SnnError(
          'ARGUMENT',
          `[fromNir] dt ${dt} s, and '${name}' has ${field} ${tau} s: a membrane that decays by dt / tau would swing. Give a dt of at most ${tau}, or as: 'exact'.`,
          { name: 'dt', value: dt },
        )
    }
  }
}

function least({ data }: NirArray): number {
  let found = Infinity
  for (const value of data) found = Math.min(found, value)
  return found
}
