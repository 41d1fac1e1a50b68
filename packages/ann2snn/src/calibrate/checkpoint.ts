import { SnnError } from '@snn/tensor'
import type { CalibrationStage } from './frontier.js'

/** What sequential calibration found for one layer; JSON. */
export type LayerCalibration = {
  /** Stands for the network, the samples and the options that it was found with. */
  readonly key: string
  readonly layer: string
} & (WeightsFound | NeuronsFound)

export interface WeightsFound {
  readonly what: 'weights'
  readonly weight: readonly number[]
  readonly bias: readonly number[]
}

/** By channel, in units of the ANN. */
export interface NeuronsFound {
  readonly what: 'neurons'
  readonly threshold: readonly number[]
  readonly initial: readonly number[]
  readonly current: readonly number[]
  /** Where neurons fire at another potential than the threshold. */
  readonly level?: readonly number[]
}

/** Throws `ARGUMENT` for a record of another calibration. */
export function checkRecord(record: LayerCalibration, key: string, { node, what }: CalibrationStage): void {
  if (record.key === key && record.layer === node.name && record.what === what) return
  throw new SnnError(
    'ARGUMENT',
    `[convert] resume for '${record.layer}' (${record.what}) of another calibration, expected '${node.name}' (${what}) with the same network, samples and options. Begin without it.`,
    { name: 'resume', value: record.layer },
  )
}
