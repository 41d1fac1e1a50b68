import type { TensorLike } from '@snn/tensor'
import type { Dataset } from '../dataset.js'

/** A sound and its class. */
export interface AudioSample {
  /** float32 [samples], peak 1. */
  readonly audio: TensorLike
  readonly label: number
  readonly name: string
}

/** A published set of sounds, each with its class. */
export interface AudioDataset extends Dataset<AudioSample> {
  /** Samples a second. */
  readonly rate: number
  readonly classes: readonly string[]
  readonly labels: readonly number[]
}
