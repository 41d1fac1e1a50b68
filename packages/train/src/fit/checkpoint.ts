import { formatShape, sameShape, SnnError, type TensorLike, type Variable } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import type { EpochResult } from './progress.js'

/** Where training stands between two batches. Numbers only, so that JSON keeps it exactly. */
export interface TrainingPosition {
  readonly version: 1
  /** Passes that are complete. */
  readonly epoch: number
  /** Batches of the next pass that are done. */
  readonly batch: number
  /** Updates since the start. */
  readonly steps: number
  /** Sums over these batches; without predictions nothing is correct or wrong. */
  readonly sums: { readonly loss: number; readonly correct: number | null; readonly samples: number }
  readonly history: readonly EpochResult[]
  /** Must be equal to go on: size of a batch, samples in a pass, and what the caller names. */
  readonly setting: {
    readonly batchSize: number
    readonly samples: number
    readonly lastBatch: 'drop' | 'use'
    readonly identity: string
  }
}

/** All that a training is: every Variable by name, and the position. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, TensorLike>>
  readonly position: TrainingPosition
}

/** Keeps the last checkpoint. `save` must replace it as a whole or not at all. */
export interface CheckpointStore {
  save(checkpoint: Checkpoint): Promise<void>
  load(): Promise<Checkpoint | undefined>
}

/** Keeps the last checkpoint in memory. */
export function memoryCheckpoint(): CheckpointStore {
  let last: Checkpoint | undefined
  return {
    async save(checkpoint) {
      last = checkpoint
    },
    load: async () => last,
  }
}

/** The values of all Variables now. */
export async function readVariables(
  variables: Readonly<Record<string, Variable>>,
): Promise<Record<string, TensorLike>> {
  const entries = Object.entries(variables).map(
    async ([name, variable]) =>
      [name, { data: await variable.data(), shape: variable.shape, dtype: variable.dtype }] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

/**
 * Sets the Variables to what a checkpoint holds: all, or when it does not fit, none. Throws `CHECKPOINT`, which says
 * what differs.
 */
export function restoreVariables(
  variables: Readonly<Record<string, Variable>>,
  tensors: Readonly<Record<string, TensorLike>>,
): void {
  checkObject('restoreVariables', variables, 'variables', 'Variables by name')
  checkObject('restoreVariables', tensors, 'tensors', 'arrays by name')
  const fail = (reason: string): never => {
    throw new SnnError(
      'CHECKPOINT',
      `[checkpoint] ${reason}, expected a checkpoint of the same network and optimiser. Train with the settings it was made with, or from the beginning.`,
      { reason },
    )
  }
  for (const name of Object.keys(tensors)) if (!(name in variables)) fail(`it holds '${name}', which is unknown here`)
  for (const [name, { shape, dtype }] of Object.entries(variables)) {
    const value = tensors[name] ?? fail(`it lacks '${name}'`)
    if (!sameShape(value.shape, shape) || (value.dtype !== undefined && value.dtype !== dtype))
      fail(`'${name}' is ${value.dtype ?? ''}${formatShape(value.shape)} in it and ${dtype}${formatShape(shape)} here`)
  }
  for (const [name, variable] of Object.entries(variables)) variable.set({ ...tensors[name]!, dtype: variable.dtype })
}

/** Throws `CHECKPOINT` when a position is that of other data or settings: going on would be another training. */
export function checkSetting(stored: TrainingPosition['setting'], now: TrainingPosition['setting']): void {
  for (const key of Object.keys(now) as (keyof typeof now)[]) {
    if (stored[key] === now[key]) continue
    const reason = `${key} was ${JSON.stringify(stored[key])} and is ${JSON.stringify(now[key])}`
    throw new SnnError(
      'CHECKPOINT',
      `[checkpoint] ${reason}, expected the same, so that the resumed training is the one that was interrupted. Set it back, or train from the beginning.`,
      { reason },
    )
  }
}
