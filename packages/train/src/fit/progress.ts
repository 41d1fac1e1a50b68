/** What evaluation measured. */
export interface Measured {
  /** Mean over the samples (with a loss of one value a sample), else over the full batches. */
  readonly loss?: number
  /** Share of right predictions. */
  readonly accuracy?: number
  readonly samples: number
}

/** One pass over the training data. */
export interface EpochResult {
  /** From 1. */
  readonly epoch: number
  /** Updates done since the start. */
  readonly steps: number
  /** Mean over the batches, each before its update. */
  readonly loss: number
  readonly accuracy?: number
  readonly validation?: Measured
}

/** How far training is, after every batch. `done` and `total` are batches of this pass. */
export interface FitProgress {
  readonly stage: 'train' | 'validate'
  readonly done: number
  readonly total: number
  readonly epoch: number
  readonly epochs: number
  /** Means over this pass so far. */
  readonly loss?: number
  readonly accuracy?: number
  readonly samplesPerSecond: number
  /** Of all passes, at the rate so far. */
  readonly secondsLeft: number
}

/** A line of the log: a batch now and then, with its own loss, and every pass. */
export type TrainingRecord =
  | {
      readonly type: 'batch'
      readonly epoch: number
      readonly step: number
      readonly loss: number
      readonly accuracy?: number
      readonly samplesPerSecond: number
    }
  | ({ readonly type: 'epoch'; readonly step: number; readonly seconds: number } & Omit<EpochResult, 'steps'>)

/** Where records go; see `jsonLines` of @snn/train/node. */
export interface TrainingLog {
  /**
   * Called once before the first record: training begins after so many updates and complete passes, and later records
   * of an earlier attempt are void.
   */
  start(from: { readonly steps: number; readonly epoch: number }): Promise<void>
  write(record: TrainingRecord): Promise<void>
}
