import { isSnnError, type Shape } from '@snn/tensor'
import { Score, type ClassOptions } from './classes.js'

/** Accuracies of the ANN, and of the SNN after each of several numbers of steps. */
export interface LabelScores {
  /** Looks at the labels of a batch before its samples are added. */
  check(labels: ArrayLike<number> | undefined): void
  add(ann: number, snn: readonly number[], label: number | undefined): void
  /** Undefined where there were no labels, or none that fit. */
  readonly ann: number | undefined
  readonly snn: readonly (number | undefined)[]
  readonly warnings: readonly string[]
}

/** Conversion needs no labels: where they are no classes of the network, accuracies are left out, with a warning. */
export function labelScores(steps: number, output: Shape, { labelOffset }: ClassOptions): LabelScores {
  let scores: readonly Score[] | undefined
  let refusal: string | undefined
  return {
    check(labels) {
      if (!labels || refusal !== undefined) return
      try {
        scores ??= Array.from({ length: 1 + steps }, () => new Score({ operation: 'convert', output, labelOffset }))
        scores[0]!.check(labels)
      } catch (error) {
        if (!isSnnError(error, 'ARGUMENT')) throw error
        refusal = error.message
        scores = undefined
      }
    },
    add(ann, snn, label) {
      if (label !== undefined) for (const [i, score] of (scores ?? []).entries()) score.add(i === 0 ? ann : snn[i - 1]!, label)
    },
    get ann() {
      return scores?.[0]!.accuracy
    },
    get snn() {
      return Array.from({ length: steps }, (_, i) => scores?.[i + 1]!.accuracy)
    },
    get warnings() {
      return refusal === undefined ? (scores?.[0]!.warnings ?? []) : [`The report has no accuracies. ${refusal}`]
    },
  }
}
