import { Presets, SingleBar } from 'cli-progress'

/** What long work tells while it runs. */
export interface Progress {
  readonly stage: string
  readonly done: number
  readonly total?: number
  /** Text after the bar. */
  readonly note?: string
}

export type OnProgress = (progress: Progress) => void

/** Shows progress on standard error when that is a terminal: one bar at a time, gone when its stage is over. */
export async function withProgress<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work(() => {})
  const bar = new SingleBar(
    {
      stream: process.stderr,
      format: '{stage} {bar} {value}/{total}, {eta_formatted} left{note}',
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
    },
    Presets.shades_classic,
  )
  let current = ''
  try {
    return await work(({ stage, done, total = 0, note = '' }) => {
      if (stage !== current) {
        bar.stop()
        bar.start(total, done, { stage: stage.padEnd(9), note })
        current = stage
      } else {
        bar.setTotal(Math.max(total, done))
        bar.update(done, { note })
      }
    })
  } finally {
    bar.stop()
  }
}

/** `onProgress` for one stage of known length, under a name of its own. */
export function stage(onProgress: OnProgress, name: string, total: number): OnProgress {
  return ({ done }) => onProgress({ stage: name, done, total })
}
