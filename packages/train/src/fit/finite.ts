import { concat, sizeOf, SnnError, type HostTensor, type Tensor, type TensorLike, type Variable } from '@snn/tensor'
import { indexOfNotFinite, isFloat } from '@snn/tensor/library'
import { list } from '../optimizers/check-reach.js'

/** Where training is, for errors. Both from 1. */
export interface Place {
  readonly epoch: number
  readonly batch: number
}

/** The value of a loss, a scalar or the mean of one value for each sample. Throws `NOT_FINITE` when it is no number. */
export function finiteLoss({ data }: HostTensor, place: Place): number {
  let sum = 0
  for (const value of data) sum += value
  const loss = sum / data.length
  if (Number.isFinite(loss)) return loss
  const sample = data.length > 1 ? ` (sample ${data.findIndex((value) => !Number.isFinite(value))} of the batch)` : ''
  throw notFinite(
    place,
    `the loss is ${loss} at ${say(place)}${sample}, expected a finite number. Lower the learning rate, clip gradients, or look at the data (labels outside of the classes count as NaN); compile with check: 'nan' names the operation.`,
  )
}

/**
 * Throws `NOT_FINITE` where a number of a batch, inputs or targets, is none: spikes would hide it, and the weights be
 * lost.
 */
export function checkBatch(
  batch: readonly [x: TensorLike, y: TensorLike, ...unknown[]],
  place: Place | undefined,
  operation: string,
): void {
  for (const [i, name] of (['input', 'target'] as const).entries()) {
    const { data, shape } = batch[i] as TensorLike
    const at = indexOfNotFinite(data)
    if (at < 0) continue
    const size = data.length / (shape[0] ?? 1)
    const where = place ? ` at ${say(place)}` : ''
    throw new SnnError(
      'NOT_FINITE',
      `[${operation}] sample ${Math.floor(at / size)} of a batch${where} has an ${name} of ${data[at]} (number ${at % size} of ${size}), expected finite numbers. Mend the sample, or leave it out.`.replace(
        'an target',
        'a target',
      ),
      { place: place ? say(place) : 'evaluation' },
    )
  }
}

/** Parameters of at most so many numbers are looked at whole. */
const small = 2 ** 15

/**
 * A scalar that is finite where the parameters are: their sum, of large ones that of the first row and the first column
 * alone, since a gradient that is no number fills whole rows (of the outputs that it came to) or columns (of the inputs
 * that it was multiplied with). In a trace, after the update.
 */
export function healthOf(parameters: Readonly<Record<string, Variable>>): Tensor {
  const edges = Object.values(parameters).flatMap((parameter) => {
    const value = parameter.read()
    const all =
      value.shape.length < 2 || sizeOf(value.shape) <= small ? [value] : [value.slice(0, 0, 1), value.slice(1, 0, 1)]
    return all.map((part) => part.reshape([-1]).cast('float32'))
  })
  return concat(edges, 0).sum()
}

/** Throws `NOT_FINITE` with the names of the parameters that hold a number that is none. */
export async function checkHealth(
  health: HostTensor | undefined,
  variables: Readonly<Record<string, Variable>>,
  place: Place,
): Promise<void> {
  if (!health || Number.isFinite(health.item())) return
  const tensors = await Promise.all(
    Object.entries(variables).map(
      async ([name, variable]) =>
        [name, { data: await variable.data(), shape: variable.shape, dtype: variable.dtype }] as const,
    ),
  )
  checkWeights(Object.fromEntries(tensors), place, (value) => !Number.isFinite(value))
  throw lost(['its weights'], place)
}

/** Throws `NOT_FINITE` where a Variable of a network holds a number that is none: NaN, since some may be infinite. */
export function checkWeights(
  tensors: Readonly<Record<string, TensorLike>>,
  place: Place,
  isNone: (value: number) => boolean = Number.isNaN,
): void {
  const sick = Object.entries(tensors).filter(
    ([, { data, dtype = 'float32' }]) =>
      isFloat(dtype) && indexOfNotFinite(data) >= 0 && (data as Float32Array).some(isNone),
  )
  if (sick.length === 0) return
  // averages of an optimiser follow its parameters
  const own = sick.filter(([name]) => !name.startsWith('optimizer.'))
  throw lost(
    (own.length > 0 ? own : sick).map(([name]) => `'${name.replace(/^network\./, '')}'`),
    place,
  )
}

function lost(names: readonly string[], place: Place): SnnError {
  return notFinite(
    place,
    `after ${say(place)} ${list(names)} ${names.length === 1 ? 'holds' : 'hold'} numbers that are none, though the data and the loss are finite, expected finite weights. Lower the learning rate or clip gradients; compile with check: 'nan' names the operation. A checkpoint from before is as it was.`,
  )
}

const say = ({ epoch, batch }: Place): string => `epoch ${epoch}, batch ${batch}`

function notFinite(place: Place, text: string): SnnError {
  return new SnnError('NOT_FINITE', `[fit] ${text}`, { place: say(place) })
}
