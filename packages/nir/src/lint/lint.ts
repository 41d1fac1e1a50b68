import { SnnError } from '@snn/tensor'
import { checkByRules, type OptionRules } from '@snn/tensor/library'
import { checkGraph } from '../check-graph.js'
import { flatGraph } from '../flat-graph.js'
import { lateEdges } from '../cycles.js'
import { faultsOf } from '../check.js'
import type { NirGraph, NirNode, NirNodeType } from '../graph.js'
import { fit, type ChipName } from '../resources/fit.js'
import { takersBehind } from './takers.js'
import { readers, type GraphLimits, type Reader, type ReaderName } from './readers.js'
import { dt } from '../option-rules.js'

/** Something that a tool will not take as it is meant. */
export interface NirLint {
  /** Path of the node; '' for the graph. */
  readonly node: string
  readonly type: string
  /** Whether the tool refuses it, or takes it as something else. */
  readonly effect: 'rejects' | 'changes'
  readonly what: string
  readonly fix: string
  /** Whether it is what the tool's code reads, or what its chip has a place for. */
  readonly by: 'tool' | 'chip'
  /** Where the tool's source says so. */
  readonly source: string
}

export interface LintOptions {
  /**
   * Length of a step in seconds, for tools that tie a parameter to it. Default 1e-4, the default of snnTorch and
   * SpikingJelly.
   */
  readonly dt?: number
}

export const lintRules: OptionRules<LintOptions> = { dt }

/**
 * What a tool will reject of a graph, or change without saying. Nothing where the tool reads the graph as it is meant.
 *
 * @throws `ARGUMENT` for a tool that is not known
 */
export function lint(graph: NirGraph, reader: ReaderName, options: LintOptions = {}): NirLint[] {
  checkGraph('lint', graph)
  const [tool, dt] = [readerOf('lint', reader), dtOf('lint', options)]
  const faults = faultsOf(graph)
  if (faults.length > 0)
    return faults.map(({ node, what, fix }) => ({
      node,
      type: 'NIRGraph',
      effect: 'rejects',
      what,
      fix,
      by: 'tool',
      source: 'the graph contradicts itself',
    }))
  return [
    ...nodeLints(graph, tool, dt, ''),
    ...graphLints(graph, tool),
    ...(tool.chip === undefined ? [] : chipLints(graph, tool.chip)),
  ]
}

export function readerOf(operation: string, reader: ReaderName): Reader {
  if (!Object.hasOwn(readers, reader))
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] reader '${reader as string}', expected one of ${Object.keys(readers).join(', ')}.`,
      { name: 'reader', value: reader },
    )
  return readers[reader]
}

export function dtOf(operation: string, options: LintOptions): number {
  checkByRules(operation, options, lintRules)
  return options.dt ?? 1e-4
}

/** What does not fit on the chip that a tool programs. */
function chipLints(graph: NirGraph, chip: ChipName): NirLint[] {
  const { problems, source } = fit[chip](graph)
  return problems.map(({ layer, what, fix }) => ({
    node: layer,
    type: 'NIRGraph',
    effect: 'rejects',
    what,
    fix,
    by: 'chip',
    source,
  }))
}

function nodeLints(graph: NirGraph, tool: Reader, dt: number, path: string): NirLint[] {
  return Object.entries(graph.nodes).flatMap(([name, node]): NirLint[] => {
    const at = path === '' ? name : `${path}/${name}`
    const { reads, conditions, source } = tool.nodes[node.type]
    const own = { node: at, type: node.type, by: 'tool' as const, source: `${tool.url} ${source}` }
    if (!reads)
      return [
        {
          ...own,
          effect: 'rejects',
          what: `${tool.title} does not read ${node.type}`,
          fix: alternative(graph, name, tool),
        },
      ]
    const found = conditions
      .filter(({ test }) => test(node, dt))
      .map(({ effect, what, fix }): NirLint => ({ ...own, effect, what, fix }))
    return node.type === 'NIRGraph' ? [...found, ...nodeLints(node, tool, dt, at)] : found
  })
}

/** What could stand in the place of a node, of what the tool reads. */
function alternative(graph: NirGraph, name: string, tool: Reader): string {
  const { type } = graph.nodes[name]!
  const others: Partial<Readonly<Record<NirNodeType, readonly (readonly [NirNodeType, string])[]>>> = {
    Linear: [['Affine', 'Give it as an Affine with a bias of zeros.']],
    Affine: [['Linear', 'Give it as a Linear, without its bias.']],
    SumPool2d: [
      ['Conv2d', 'Give it as a Conv2d of ones.'],
      ['AvgPool2d', 'Give it as an AvgPool2d before larger weights.'],
    ],
    AvgPool2d: [
      ['SumPool2d', 'Give it as a SumPool2d before smaller weights.'],
      ['Conv2d', 'Give it as a Conv2d of equal weights.'],
    ],
    Conv1d: [['Conv2d', 'Give it as a Conv2d with a kernel of [1, n].']],
  }
  const possible = others[type]?.find(([other]) => tool.nodes[other].reads)
  if (possible) return possible[1]
  if (type === 'Scale')
    return takersBehind(graph, name)
      ? 'Take it into the weights behind it.'
      : 'It weighs a branch that meets others: use a network without residual connections, or a tool that reads Scale.'
  if (type === 'NIRGraph') return 'Put its nodes into the outer graph.'
  const neurons = (['IF', 'LIF', 'CubaLIF'] as const).filter((other) => tool.nodes[other].reads)
  if (
    (['I', 'IF', 'LI', 'LIF', 'CubaLI', 'CubaLIF', 'Threshold'] as const).some((neuron) => neuron === type) &&
    neurons.length > 0
  )
    return `Use the neurons that it reads: ${neurons.join(', ')}.`
  if (type === 'Conv1d' || type === 'Conv2d' || type.endsWith('Pool2d') || type === 'Flatten')
    return 'Use linear layers alone, over a flat input, or choose another tool.'
  return 'Leave it out, or choose another tool.'
}

function graphLints(graph: NirGraph, { title, url, graph: limits }: Reader): NirLint[] {
  const found: NirLint[] = []
  const say = (node: string, what: string, fix: string): void =>
    void found.push({
      node,
      type: 'NIRGraph',
      effect: 'rejects',
      what: `${title} does not read ${what}`,
      fix,
      by: 'tool',
      source: `${url} ${limits.source}`,
    })
  const inner = Object.entries(graph.nodes).filter((entry): entry is [string, NirGraph] => entry[1].type === 'NIRGraph')
  if (limits.inner === 'recurrent')
    for (const [name, node] of inner)
      if (!isRecurrentPair(Object.values(node.nodes)))
        say(name, 'a graph inside that is not a neuron and its recurrent weight', 'Put its nodes into the outer graph.')
  const { nodes, edges } = flatGraph(graph)
  if (limits.oneInput && [...nodes.values()].filter(({ type }) => type === 'Input').length > 1)
    say('', 'several inputs', 'Join them into one.')
  checkCircles(graph, limits, say)
  if (!limits.branches) {
    for (const name of nodes.keys()) {
      const [out, into] = [0, 1].map(
        (end) =>
          edges.filter(
            (edge) =>
              edge[end] === name &&
              !(limits.circles === 'recurrent' && edges.some(([from, to]) => from === edge[1] && to === edge[0])),
          ).length,
      ) as [number, number]
      if (out > 1 || into > 1) say(name, 'branches', 'Make it one line of nodes.')
    }
  }
  return found
}

function checkCircles(
  graph: NirGraph,
  limits: GraphLimits,
  say: (node: string, what: string, fix: string) => void,
): void {
  if (limits.circles === 'any') return
  const { nodes, edges } = flatGraph(graph)
  const names = [...nodes.keys()].sort()
  for (const [from, to] of lateEdges(
    names,
    edges,
    names.filter((name) => nodes.get(name)!.type === 'Input'),
    () => true,
  )) {
    const pair =
      from !== to &&
      edges.some(([a, b]) => a === to && b === from) &&
      isRecurrentPair([nodes.get(from)!, nodes.get(to)!])
    if (limits.circles === 'none' || !pair)
      say(
        from,
        `the circle through ${from} and ${to}`,
        limits.circles === 'none'
          ? 'Unroll it in time, or choose another tool.'
          : 'Make it a neuron and its recurrent weight.',
      )
  }
}

/** A neuron and a weight, beside an input and an output. */
function isRecurrentPair(nodes: readonly NirNode[]): boolean {
  const types = nodes
    .map(({ type }) => type)
    .filter((type) => type !== 'Input' && type !== 'Output')
    .sort()
    .join()
  return ['Affine,CubaLIF', 'Affine,LIF', 'CubaLIF,Linear', 'LIF,Linear'].includes(types)
}
