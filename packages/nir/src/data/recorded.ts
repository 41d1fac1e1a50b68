import { sizeOf, SnnError, type TensorLike } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { checkRecorded, checkStepOptions } from '../arguments.js'
import { checkGraph } from '../check-graph.js'
import type { NirFault } from '../shapes.js'
import { inferShapes } from '../shapes.js'
import type { NirGraph } from '../graph.js'
import { observablesOf, type NirGraphData, type NirObservable } from './data.js'
import { toTimeGrid } from './events.js'
import { compareRules, stepRules } from '../option-rules.js'

/** What the quantities that networks record are called in recorded data. */
const quantities: Readonly<Record<string, string>> = { spike: 'spikes', v: 'membrane', i: 'current' }

/**
 * Values that a network recorded, or that went into it, as NIR's recorded data: tensors [T, N, ..] by their names,
 * `lif.spike`, `lif.v`, `input.spikes`. Spikes and membranes are called `spikes` and `membrane`, other quantities as
 * they are.
 *
 * @throws `SHAPE` for a tensor that is no sequence of samples, `ARGUMENT` for a name without a quantity
 */
export function toNirData(
  recorded: Readonly<Record<string, TensorLike>>,
  options: { readonly dt: number },
): NirGraphData {
  checkObject('toNirData', recorded, 'recorded', 'tensors by their names')
  checkStepOptions('toNirData', options, stepRules)
  const { dt } = options
  const nodes: Record<string, { type: 'NIRNodeData'; observables: Record<string, NirObservable> }> = {}
  for (const [path, tensor] of Object.entries(recorded)) {
    checkMembers('toNirData', tensor, `recorded['${path}']`, ['data', 'shape'], 'a tensor with data and shape')
    const { data, shape } = tensor
    const dot = path.lastIndexOf('.')
    if (dot < 1)
      throw new SnnError(
        'ARGUMENT',
        `[toNirData] '${path}', expected the name of a node and of a quantity, such as lif.spike. Correct it.`,
        { name: 'recorded', value: path },
      )
    const [steps, samples, ...features] = shape
    if (steps === undefined || samples === undefined)
      throw new SnnError(
        'SHAPE',
        `[toNirData] '${path}' of shape [${shape.join(',')}], expected [T,N,..]. Give all steps.`,
        { shapes: [shape] },
      )
    const neurons = sizeOf(features)
    const turned = new Float32Array(data.length)
    for (let t = 0; t < steps; t++)
      for (let n = 0; n < samples; n++)
        for (let k = 0; k < neurons; k++)
          turned[(n * steps + t) * neurons + k] = Number(data[(t * samples + n) * neurons + k])
    const what = path.slice(dot + 1)
    const name = path.slice(0, dot)
    const own = (Object.hasOwn(nodes, name) ? nodes[name] : undefined) ?? { type: 'NIRNodeData', observables: {} }
    own.observables[quantities[what] ?? what] = {
      type: 'TimeGriddedData',
      shape: [samples, steps, neurons],
      data: turned,
      binary: turned.every((value) => value === 0 || value === 1),
      dt,
    }
    nodes[name] = own
  }
  return { type: 'NIRGraphData', nodes }
}

/** Recorded data as tensors [T, N, neurons] by their names, `lif.spikes`; events become steps of dt. */
export function fromNirData(
  data: NirGraphData,
  options: { readonly dt: number },
): Record<string, { readonly data: Float32Array; readonly shape: readonly number[] }> {
  checkRecorded('fromNirData', data)
  checkStepOptions('fromNirData', options, stepRules)
  const { dt } = options
  return Object.fromEntries(
    observablesOf(data).map(([path, value]) => {
      const grid = value.type === 'TimeGriddedData' ? value : toTimeGrid(value, { dt })
      if (Math.abs(grid.dt / dt - 1) > 1e-6)
        throw new SnnError(
          'ARGUMENT',
          `[fromNirData] '${path}' has steps of ${grid.dt} s, expected ${dt}. Give its dt.`,
          { name: 'dt', value: dt },
        )
      const [samples, steps, neurons] = grid.shape
      const turned = new Float32Array(grid.data.length)
      for (let n = 0; n < samples; n++)
        for (let t = 0; t < steps; t++)
          for (let k = 0; k < neurons; k++)
            turned[(t * samples + n) * neurons + k] = grid.data[(n * steps + t) * neurons + k]!
      return [path, { data: turned, shape: [steps, samples, neurons] }]
    }),
  )
}

/** How two recordings of one quantity differ. */
export interface NirDifference {
  /** `lif.spikes` */
  readonly path: string
  /** The largest difference of two values; Infinity where one recording lacks the quantity, or has another shape. */
  readonly worst: number
  /** Where: sample, step, neuron. */
  readonly at?: readonly [sample: number, step: number, neuron: number]
  /** How many values differ. */
  readonly count: number
}

/** Where two recordings differ by more than `tolerance`: one simulator held against another. */
export function compareNirData(
  ours: NirGraphData,
  theirs: NirGraphData,
  options: { readonly dt: number; readonly tolerance?: number },
): NirDifference[] {
  checkRecorded('compareNirData', ours, 'ours')
  checkRecorded('compareNirData', theirs, 'theirs')
  checkStepOptions('compareNirData', options, compareRules)
  const { dt, tolerance = 0 } = options
  const [a, b] = [ours, theirs].map(
    (data) =>
      new Map(
        observablesOf(data).map(([path, value]) => [
          path,
          value.type === 'TimeGriddedData' ? value : toTimeGrid(value, { dt }),
        ]),
      ),
  ) as [Map<string, Grid>, Map<string, Grid>]
  return [...new Set([...a.keys(), ...b.keys()])].flatMap((path): NirDifference[] => {
    const [x, y] = [a.get(path), b.get(path)]
    if (!x || !y || x.shape.some((n, axis) => n !== y.shape[axis]))
      return [{ path, worst: Infinity, count: Math.max(x?.data.length ?? 0, y?.data.length ?? 0) }]
    let [worst, place, count] = [0, 0, 0]
    x.data.forEach((value, i) => {
      const difference = Math.abs(value - y.data[i]!)
      if (difference <= tolerance) return
      count++
      if (difference > worst) [worst, place] = [difference, i]
    })
    const [, steps, neurons] = x.shape
    return count === 0
      ? []
      : [
          {
            path,
            worst,
            at: [Math.floor(place / neurons / steps), Math.floor(place / neurons) % steps, place % neurons],
            count,
          },
        ]
  })
}

type Grid = Extract<NirObservable, { type: 'TimeGriddedData' }>

/**
 * Throws `NIR_INVALID` where recorded data name nodes that the graph lacks, or of another size: as `check_nodes` of
 * `nir` does.
 */
export function checkNirData(data: NirGraphData, graph: NirGraph): void {
  checkRecorded('checkNirData', data)
  checkGraph('checkNirData', graph)
  const { shapes } = inferShapes(graph)
  const faults: NirFault[] = observablesOf(data).flatMap(([path, value]) => {
    const node = path.slice(0, path.lastIndexOf('.'))
    const shape = shapes.get(node) ?? shapes.get(node.replaceAll('.', '/'))
    const neurons = value.type === 'TimeGriddedData' ? value.shape[2] : value.n_neurons
    if (!shape)
      return [{ node, what: 'has recorded data, and the graph has no such node', fix: 'Give the graph that was run.' }]
    return sizeOf(shape.output) === neurons
      ? []
      : [
          {
            node,
            what: `has ${neurons} neurons in ${path}, and ${sizeOf(shape.output)} in the graph`,
            fix: 'Give the graph that was run.',
          },
        ]
  })
  if (faults.length > 0)
    throw new SnnError(
      'NIR_INVALID',
      `[checkNirData] ${faults.map(({ node, what, fix }) => `'${node}' ${what}. ${fix}`).join('\n  ')}`,
      { faults },
    )
}
