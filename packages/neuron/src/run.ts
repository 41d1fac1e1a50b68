import {
  compile,
  formatShape,
  reference,
  sameShape,
  scan,
  SnnError,
  type Shape,
  type Tensor,
  type TensorLike,
} from '@snn/tensor'
import { checkMembers, checkOptions, wrongArgument } from '@snn/tensor/library'
import { mapValues } from './map-values.js'
import type { SequenceCell } from './sequence-cell.js'
import type { Cell, State } from './spec.js'

/** A number, or rows of numbers: the value of one neuron, or those of many, [N, C, ..]. */
export type Numbers = number | NumberRows
/** Numbers in rows, as deep as the axes go. */
export interface NumberRows extends ArrayLike<Numbers> {}

/** Values of the form V as plain numbers and arrays. */
export type Plain<V> = V extends number ? number : V extends ArrayLike<infer Row> ? Plain<Row>[] : never

export interface RunOptions<S extends string = string> {
  /**
   * Where to start: values by name of the state, each one number for all neurons or in the form of one step. Those left
   * out start as the neuron says.
   */
  readonly state?: Readonly<Partial<Record<S, Numbers>>>
  /**
   * As in training, with noise and statistics of the batch, which then change the neuron's Variables. Default false.
   */
  readonly training?: boolean
  /** In what precision it is computed. Default float64; networks compute in float32. */
  readonly dtype?: 'float32' | 'float64'
}

/** What T steps of a neuron gave; each is of the form of the inputs, with the values of step t at index t. */
export interface NeuronRun<S extends string, V> {
  /** 0 or 1; an integer in models with graded spikes. */
  readonly spike: Plain<V>[]
  /** What the layer hands on. */
  readonly output: Plain<V>[]
  /** Every variable of the state after each step, by name: `trace.v`. */
  readonly trace: Readonly<Record<S, Plain<V>[]>>
  /** The state after the last step, to go on from: `run(cell, more, { state })`. */
  readonly state: Readonly<Record<S, Numbers>>
}

/**
 * Runs a neuron over the inputs of T steps, plain numbers for one neuron or arrays [N, C, ..] for many, and gives its
 * spikes and every variable of its state over time, in plain numbers and arrays too. It is computed as `compile` would,
 * by the reference backend: for looking at a neuron, not for networks.
 *
 * @throws `ARGUMENT` for inputs or a state that are no finite numbers, and an unknown state; `SHAPE` for rows of
 * different lengths, or a state that does not
 *   fit; and what the neuron throws
 */
export function run<V extends Numbers, S extends string>(
  cell: Cell<S>,
  inputs: ArrayLike<V>,
  options?: RunOptions<S>,
): Promise<NeuronRun<S, V>>
/** A neuron of whole sequences, which has no state. */
export function run<V extends Numbers>(
  cell: SequenceCell,
  inputs: ArrayLike<V>,
  options?: Omit<RunOptions, 'state'>,
): Promise<Pick<NeuronRun<never, V>, 'output'>>
export async function run(
  cell: Cell | SequenceCell,
  inputs: ArrayLike<Numbers>,
  options: RunOptions = {},
): Promise<object> {
  const whole = typeof (cell as SequenceCell | undefined)?.apply === 'function'
  checkMembers('run', cell, 'cell', whole ? ['kind'] : ['step()', 'initialState()'], 'a layer of neurons such as lif()')
  checkOptions('run', options, ['state', 'training', 'dtype'])
  const { state = {}, training = false, dtype = 'float64' } = options
  const x = valueOf('inputs', inputs, dtype)
  const { shape } = x
  if (x.data.length === 0)
    throw new SnnError('SHAPE', `[run] inputs of shape ${formatShape(shape)}, expected those of at least one step.`, {
      shapes: [shape],
    })
  // a neuron has no shape of its own: one alone is a sample, for its parameters and state have to broadcast against [N,
  // ..]
  const alone = shape.length === 1
  const start = mapValues(state as Readonly<Record<string, Numbers>>, (value, name) =>
    valueOf(`state.${name}`, value, dtype),
  )
  await using all = compile((xs: Tensor, from: State<string>) => steps(cell, xs, from, training), {
    backend: reference(),
  })
  const { spike, output, trace, last } = await all(alone ? { ...x, shape: [...shape, 1] } : x, start)
  // numbers, or rows where the inputs are such
  const series = ({ data }: TensorLike): number[] => nested(data, shape) as number[]
  if (!spike || !trace || !last) return { output: series(output) }
  return {
    spike: series(spike),
    output: series(output),
    trace: mapValues(trace, series),
    state: mapValues(last, ({ data, shape: own }) => nested(data, alone ? [] : own)),
  }
}

interface Recorded {
  readonly output: Tensor
  readonly spike?: Tensor
  /** A state that the layer shares stands at each of its neurons. */
  readonly trace?: State<string>
  readonly last?: State<string>
}

/** All steps, [T, N, ..], and the last state. */
function steps(cell: Cell | SequenceCell, xs: Tensor, from: State<string>, training: boolean): Recorded {
  if ('apply' in cell) {
    for (const name of Object.keys(from)) throw unknownState(cell.kind, name, [])
    return { output: cell.apply([xs], { training, lead: 2 }) }
  }
  const initial = cell.initialState(xs.shape.slice(1), xs.dtype)
  for (const name of Object.keys(from))
    if (!Object.hasOwn(initial, name)) throw unknownState(cell.kind, name, Object.keys(initial))
  const [last, recorded] = scan(
    (state: State<string>, x: Tensor) => {
      const { spike, output, state: next } = cell.step(x, state, { training })
      return [next, { spike, output, trace: mapValues(next, (value) => value.broadcastTo(x.shape)) }] as const
    },
    mapValues(initial, (value, name) => (from[name] ? startingAt(name, from[name], value) : value)),
    xs,
  )
  return { ...recorded, last }
}

/** A given value in the place of the one that the neuron would start from. */
function startingAt(name: string, given: Tensor, initial: Tensor): Tensor {
  const fits = given.shape.length === 0 || sameShape(given.shape, initial.shape)
  if (fits) return given.cast(initial.dtype).broadcastTo(initial.shape)
  throw new SnnError(
    'SHAPE',
    `[run] state '${name}' of shape ${formatShape(given.shape)}, expected ${formatShape(initial.shape)} or one number.`,
    { shapes: [given.shape, initial.shape] },
  )
}

function unknownState(kind: string, name: string, known: readonly string[]): SnnError {
  return new SnnError(
    'ARGUMENT',
    `[run] unknown state '${name}', expected ${known.length === 0 ? `none, for ${kind} has no state` : `one of ${known.join(', ')}`}. Correct the name.`,
    { name: 'state', value: name },
  )
}

/** Numbers, or rows of them, as a value of their shape. */
function valueOf(name: string, numbers: Numbers | ArrayLike<Numbers>, dtype: 'float32' | 'float64'): TensorLike {
  const shape: number[] = []
  for (let row: unknown = numbers; isRow(row); row = row[0]) shape.push(row.length)
  const flat: number[] = []
  const visit = (value: unknown, depth: number, place: string): void => {
    if (isRow(value)) {
      if (value.length !== shape[depth])
        throw new SnnError(
          'SHAPE',
          `[run] ${place} has ${value.length} values, expected ${shape[depth] ?? 'a number'}, as the others. Make all rows equally long.`,
          { shapes: [shape, [value.length]] },
        )
      for (let i = 0; i < value.length; i++) visit(value[i], depth + 1, `${place}[${i}]`)
    } else if (typeof value !== 'number' || !Number.isFinite(value) || depth !== shape.length)
      throw wrongArgument(
        'run',
        place,
        value,
        depth < shape.length ? `a row of ${shape[depth]} numbers` : 'a finite number',
      )
    else flat.push(value)
  }
  if (name === 'inputs' && shape.length === 0)
    throw wrongArgument('run', name, numbers, 'an array with the inputs of each step')
  visit(numbers, 0, name)
  return { data: dtype === 'float32' ? Float32Array.from(flat) : Float64Array.from(flat), shape }
}

function isRow(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value)
}

/** A value in row-major order as rows of rows. */
function nested(data: ArrayLike<number>, shape: Shape): Numbers {
  let at = 0
  const rows = (depth: number): Numbers =>
    depth === shape.length ? data[at++]! : Array.from({ length: shape[depth]! }, () => rows(depth + 1))
  return rows(0)
}
