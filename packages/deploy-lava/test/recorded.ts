import { readSafetensors } from '@snn/nn'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readNet } from '../src/index.js'
import { resonatorDecays } from '../src/sim/processes/resonate-and-fire.js'
import { loadNetwork, type NamedProcess, type NetworkOptions, type Process, type ProcessGraph } from '../src/sim.js'

/** A network with what real Lava made of it in each step. */
export interface Recorded {
  readonly name: string
  readonly T: number
  readonly graph: ProcessGraph
  /** [T, ..] as sent; undefined: nothing is sent. */
  readonly input: Int32Array | undefined
  /** Process -> [T, ..]. */
  readonly outputs: ReadonlyMap<string, Int32Array>
  /** `process.state` -> after the last step. */
  readonly states: ReadonlyMap<string, Int32Array>
  /** `process.state` -> [T, ..]. */
  readonly traces: ReadonlyMap<string, Int32Array>
}

interface IndexEntry {
  readonly name: string
  readonly family: 'netx' | 'proc'
  readonly T: number
  readonly file: string
  readonly data: string
  readonly args?: Readonly<Record<string, number | null>>
  readonly inputShape: readonly number[]
}

export const readIndex = (folder: string): readonly IndexEntry[] =>
  (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { networks: IndexEntry[] }).networks

export async function readRecorded(folder: string, entry: IndexEntry): Promise<Recorded> {
  const { tensors } = readSafetensors(readFileSync(join(folder, entry.data)))
  const arrays = new Map(Object.entries(tensors).map(([name, { data }]) => [name, Int32Array.from(data)]))
  const graph =
    entry.family === 'netx'
      ? await netxGraph(folder, entry, arrays)
      : procGraph(JSON.parse(readFileSync(join(folder, entry.file), 'utf8')) as ProcFile)
  const processOf = (name: string): string => (entry.family === 'netx' ? `${name}.neuron` : name)
  const pick = (pattern: RegExp): Map<string, Int32Array> =>
    new Map(
      [...arrays].flatMap(([key, value]) => {
        const match = pattern.exec(key)
        return match ? [[`${processOf(match[1]!)}${match[2] ? `.${match[2]}` : ''}`, value] as const] : []
      }),
    )
  return {
    name: entry.name,
    T: entry.T,
    graph,
    input: arrays.get('input'),
    outputs: pick(/^(\w+)\.out$/),
    states: pick(/^(\w+)\.(?!out$)(\w+)$/),
    traces: pick(/^(\w+)\.(\w+)\.trace$/),
  }
}

async function netxGraph(
  folder: string,
  { file, args = {}, inputShape }: IndexEntry,
  arrays: ReadonlyMap<string, Int32Array>,
): Promise<ProcessGraph> {
  const net = await readNet(readFileSync(join(folder, file)), { file })
  const options: NetworkOptions = {
    inputMessageBits: args['input_message_bits'] ?? 0,
    resetInterval: args['reset_interval'] ?? null,
    resetOffset: args['reset_offset'] ?? 0,
    spikeExponent: args['spike_exp'] ?? 6,
    numLayers: args['num_layers'] ?? null,
    skipLayers: args['skip_layers'] ?? 0,
    inputShape,
    inputBias: arrays.get('input_bias') ?? 0,
  }
  return loadNetwork(net, options)
}

type Nested = number | readonly Nested[]
type ProcSpec = Readonly<Record<string, Nested | string | boolean | null>> & {
  readonly name: string
  readonly type: string
  readonly effective?: Readonly<Record<string, number | readonly number[]>>
}
interface ProcFile {
  readonly inputShape: readonly number[]
  readonly procs: readonly ProcSpec[]
  readonly connections: readonly [string, string][]
}

const flat = (value: Nested): number[] => (typeof value === 'number' ? [value] : value.flatMap(flat))
const shapeOf = (value: Nested): number[] => (typeof value === 'number' ? [] : [value.length, ...shapeOf(value[0]!)])

/** The processes of a JSON file of Lava's names. */
export function procGraph({ inputShape, procs, connections }: ProcFile): ProcessGraph {
  return {
    inputShape,
    connections,
    processes: procs.map((spec): NamedProcess => ({ name: spec.name, process: processOf(spec) })),
  }
}

function processOf({ name: _, effective = {}, ...spec }: ProcSpec): Process {
  const values = Object.fromEntries(
    Object.entries(spec).map(([key, value]) => [
      key,
      Array.isArray(value) && key !== 'shape' && !['stride', 'padding', 'dilation', 'input_shape'].includes(key)
        ? flat(value as Nested)
        : value,
    ]),
  )
  if (spec.type === 'Dense' || spec.type === 'DelayDense')
    return { ...values, shape: shapeOf(spec['weights'] as Nested) } as unknown as Process
  if (spec.type === 'Conv') return { ...values, weight_shape: shapeOf(spec['weight'] as Nested) } as unknown as Process
  if (spec.type === 'RF' || spec.type === 'RF_IZ')
    return {
      ...values,
      ...resonatorDecays(spec['period'] as number, spec['alpha'] as number, spec['decay_bits'] as number),
      ...effective,
    } as unknown as Process
  return { ...values, ...effective } as unknown as Process
}
