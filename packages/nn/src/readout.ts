import { placeholder, SnnError, type Shape } from '@snn/tensor'
import { checkMembers, describeValue, evaluateShapes } from '@snn/tensor/library'
import { advance } from './advance.js'
import { checkNetwork } from './check.js'
import { isStateful, type StatefulLayer } from './layer.js'
import type { Network } from './network.js'
import { sampleShapes } from './sample-shapes.js'

/** The names of read-outs: see `Readout`. */
export const readouts = ['count', 'mean', 'last', 'max', 'firstSpike'] as const

/**
 * How the outputs o [T, N, ..] of all steps become one value [N, ..], of which the largest is the predicted class:
 *
 *   count       sum over t >= start of o[t]
 *   mean        the same divided by the number of steps
 *   last        o[T - 1]
 *   max         max over t >= start of o[t]
 *   firstSpike  - (the first t >= start with o[t] > 0, or T - 1 where there is none)
 *   other       something that a name does not say: tools ask for one of those above
 */
export interface Readout {
  readonly by: (typeof readouts)[number] | 'other'
  /** First step that counts, from 0. Default 0. */
  readonly start?: number
  /**
   * Number of classes, where each has a group of outputs one after another (a population code). Default: each output is
   * a class.
   */
  readonly classes?: number
}

/** A read-out, or its name alone. */
export type ReadoutOption = Readout | Readout['by']

/** Checks a read-out that a user or a file gives. Throws `ARGUMENT`. */
export function parseReadout(value: unknown, operation: string): Readout {
  const readout = typeof value === 'string' ? { by: value } : value
  const {
    by,
    start = 0,
    classes = 1,
    ...strange
  } = (typeof readout === 'object' && readout !== null ? readout : {}) as { readonly [K in keyof Readout]?: unknown }
  const isCount = (n: unknown, least: number): boolean => Number.isSafeInteger(n) && (n as number) >= least
  if (
    (by === 'other' || readouts.some((name) => name === by)) &&
    isCount(start, 0) &&
    isCount(classes, 1) &&
    Object.keys(strange).length === 0
  )
    return readout as Readout
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] read-out ${
      typeof readout === 'object' && readout !== null
        ? `{ ${Object.entries(readout)
            .map(([name, own]) => `${name}: ${describeValue(own)}`)
            .join(', ')} }`
        : describeValue(value)
    }, expected ${readouts.join(', ')}, or { by, start, classes } with one of them and whole numbers.`,
    { name: 'readout', value },
  )
}

/**
 * How the outputs of a network are read: what its metadata say, else by its last layer: spikes are counted, a membrane
 * is read after the last step, and values without memory of their own are averaged. `inputShapes`: of samples, where
 * the network does not know them.
 */
export function readoutOf(net: Network, inputShapes: Readonly<Record<string, Shape>> = {}): Readout {
  checkNetwork('readoutOf', net)
  if (net.metadata.readout) return net.metadata.readout
  if (!net.nodes.some(({ layer }) => isStateful(layer))) return { by: 'last' }
  const last = net.nodes.find(({ name }) => name === net.outputs[0])
  if (!last || !isStateful(last.layer)) return { by: 'mean' }
  return {
    by:
      last.layer.config['amplitude'] === 'threshold' ||
      handsOutSpikes(last.layer, sampleShapes(net, inputShapes).get(last.inputs[0]!)!)
        ? 'count'
        : 'last',
  }
}

/** Whether the output of a layer is its spike. */
function handsOutSpikes(layer: StatefulLayer, inputShape: Shape): boolean {
  let fires = false
  evaluateShapes(() => {
    const { output, named } = advance(layer, 'sequence', placeholder([layer.steps ?? 1, 1, ...inputShape]), undefined, {
      training: false,
      lead: 2,
    })
    fires = named['spike'] === output
    return []
  })
  return fires
}

/** Whether a read-out is the output of the last step as it is. */
export function readsLastStep(readout: Readout): boolean {
  checkMembers('readsLastStep', readout, 'readout', ['by'], '{ by, start, classes }')
  return readout.by === 'last' && readout.classes === undefined
}

/** Throws `ARGUMENT` for the read-out 'other', which tools cannot follow. */
export function namedReadout(readout: Readout, operation: string): Readout {
  checkMembers(operation, readout, 'readout', ['by'], '{ by, start, classes }')
  if (readout.by !== 'other') return readout
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] the network's predictions were made by a function that no name stands for, expected a read-out. Give { readout } as one of ${readouts.join(', ')}.`,
    { name: 'readout', value: 'other' },
  )
}

/**
 * Reads outputs step by step: is given that of each step, n samples one after the other, and gives the value so far.
 */
export type RunningReadout = (output: ArrayLike<number>) => ArrayLike<number>

/**
 * Follows a read-out over the steps of `samples` samples. What it gives may be reused at the next step. Where no step
 * has counted yet, all values are equal.
 *
 * @throws `ARGUMENT` for the read-out 'other', and for classes that do not divide the outputs
 */
export function runningReadout(readout: Readout, samples: number, operation: string): RunningReadout {
  const { by, start = 0, classes } = namedReadout(readout, operation)
  const grouped =
    classes === undefined
      ? (output: ArrayLike<number>) => output
      : groups(samples * classes, by === 'max' || by === 'firstSpike' ? Math.max : (a, b) => a + b, operation)
  let values: Float64Array | undefined
  let t = -1
  return (output) => {
    t++
    const now = grouped(output)
    if (by === 'last') return now
    if (t < start) return new Float64Array(now.length)
    values ??= new Float64Array(now.length).fill(by === 'max' ? -Infinity : by === 'firstSpike' ? Infinity : 0)
    for (let i = 0; i < values.length; i++) {
      if (by === 'max') values[i] = Math.max(values[i]!, now[i]!)
      else if (by === 'firstSpike') values[i] = Math.min(values[i]!, now[i]! > 0 ? t : Infinity)
      else values[i] = values[i]! + now[i]!
    }
    if (by === 'firstSpike') return values.map((first) => 0 - Math.min(first, t))
    return by === 'mean' ? values.map((sum) => sum / (t + 1 - start)) : values
  }
}

/** Joins the outputs of each of `count` groups. */
function groups(
  count: number,
  join: (a: number, b: number) => number,
  operation: string,
): (output: ArrayLike<number>) => ArrayLike<number> {
  return (output) => {
    const size = output.length / count
    if (!Number.isInteger(size))
      throw new SnnError(
        'ARGUMENT',
        `[${operation}] ${output.length} outputs for a read-out of ${count} groups, expected a multiple of it. Correct the classes of the read-out.`,
        { name: 'classes', value: count },
      )
    return Float64Array.from({ length: count }, (_, group) => {
      let joined = output[group * size]!
      for (let i = 1; i < size; i++) joined = join(joined, output[group * size + i]!)
      return joined
    })
  }
}
