import { isSnnError, type Shape } from '@snn/tensor'
import { Score, type ClassOptions } from '../run/classes.js'

/** The labels of samples, where they are classes of the network, and how often the ANN is right. */
export interface LabelScores {
  /** The ANN's classes of a batch. */
  add(expected: ArrayLike<number>, labels: ArrayLike<number> | undefined): void
  /** Whether a class is the label's. */
  isRight(predicted: number, label: number): boolean
  /** Undefined where there were no labels, or none that fit. */
  readonly annAccuracy: number | undefined
  readonly warnings: readonly string[]
}

/** Conversion needs no labels: where they are no classes of the network, accuracies are left out, with a warning. */
export function labelScores(output: Shape, { labelOffset = 0 }: ClassOptions): LabelScores {
  let score: Score | undefined
  let refusal: string | undefined
  return {
    add(expected, labels) {
      if (!labels || refusal !== undefined) return
      try {
        score ??= new Score({ operation: 'convert', output, labelOffset })
        score.check(labels)
        for (let n = 0; n < expected.length; n++) score.add(expected[n]!, labels[n]!)
      } catch (error) {
        if (!isSnnError(error, 'ARGUMENT')) throw error
        refusal = error.message
        score = undefined
      }
    },
    isRight: (predicted, label) => predicted === label + labelOffset,
    get annAccuracy() {
      return score?.accuracy
    },
    get warnings() {
      return refusal === undefined ? (score?.warnings ?? []) : [`The report has no accuracies. ${refusal}`]
    },
  }
}
