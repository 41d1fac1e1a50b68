import { clipLayer, softmaxLayer, traitsOf, unaryLayer, type Layer, type Network } from '@snn/nn'
import { formatShape, SnnError, type Shape } from '@snn/tensor'
import { checkMembers, optionRule, type OptionRules } from '@snn/tensor/library'

/** What tells two classes apart where a network has one output: class 1 lies above. 0.5 for a probability, else 0. */
export function boundaryOf(network: Network): number {
  const nodeOf = (name: string) => network.nodes.find((node) => node.name === name)
  let node = nodeOf(network.outputs[0]!)
  while (node && traitsOf(node.layer)?.linear === 'movement') node = nodeOf(node.inputs[0]!)
  return node && givesShares(node.layer) ? 0.5 : 0
}

/** Whether what a layer gives lies between 0 and 1 as a probability does. */
function givesShares(layer: Layer): boolean {
  if (clipLayer.is(layer)) return layer.config.low === 0 && layer.config.high === 1
  return (
    softmaxLayer.is(layer) ||
    (unaryLayer.is(layer) && (layer.config.function === 'sigmoid' || layer.config.function === 'hardSigmoid'))
  )
}

/**
 * The class that `count` scores from data[start] on speak for: that of the largest, the first of equals; of a single
 * score 1 where it is above `boundary`, else 0.
 */
export function classAt(data: ArrayLike<number>, start: number, count: number, boundary: number): number {
  if (count === 1) return data[start]! > boundary ? 1 : 0
  let best = 0
  for (let i = 1; i < count; i++) if (data[start + i]! > data[start + best]!) best = i
  return best
}

export interface ClassOptions {
  /**
   * What is added to a label to give the index of its output: -1 for labels that count from 1, 1 for an output 0 that
   * is the background. Default 0.
   */
  readonly labelOffset?: number | undefined
}

export const classRules: OptionRules<ClassOptions> = { labelOffset: optionRule.whole }

export interface ScoreOptions extends ClassOptions {
  /** Who asks, for errors. */
  readonly operation: string
  /** Shape of the output of one sample. */
  readonly output: Shape
  /**
   * What to do where predictions have hardly to do with the labels. Default: what finds the preprocessing of a plain
   * classifier.
   */
  readonly advice?: string | undefined
}

/**
 * Throws `ARGUMENT` for an output of a sample that has more than one axis, where no index is a class, and for an offset
 * that is no whole number.
 */
export function checkClasses({ operation, output, labelOffset = 0 }: ScoreOptions): void {
  if (output.filter((n) => n !== 1).length > 1) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] the output of a sample has shape ${formatShape(output)}, expected one score for each class. Choose another output with the option output (--output).`,
      { name: 'output', value: output },
    )
  }
  if (!Number.isSafeInteger(labelOffset))
    throw new SnnError('ARGUMENT', `[${operation}] labelOffset ${labelOffset}, expected a whole number.`, {
      name: 'labelOffset',
      value: labelOffset,
    })
}

/** Fewest samples of which is said that they are hardly better than guessing. */
const fewest = 8

/** Better than guessing by less than this share of what is possible (Cohen's kappa) is suspicious. */
const suspicious = 0.2

/** Counts how often predictions are right, and whether they have anything to do with the labels. */
export class Score {
  readonly #options: ScoreOptions
  readonly #classes: number
  readonly #predicted = new Map<number, number>()
  readonly #labels = new Map<number, number>()
  /** Right predictions with labels moved by -1, 0 and 1. */
  readonly #right = new Map([
    [-1, 0],
    [0, 0],
    [1, 0],
  ])
  #samples = 0

  /** Throws `ARGUMENT` for an output whose indices are no classes. */
  constructor(options: ScoreOptions) {
    checkMembers('score', options, 'options', ['operation', 'output'], '{ operation, output }')
    checkClasses(options)
    const { output } = options
    this.#options = options
    this.#classes = Math.max(
      2,
      output.reduce((a, b) => a * b, 1),
    )
  }

  /** Throws `ARGUMENT` unless every label, with the offset, is a class. */
  check(labels: ArrayLike<number>): void {
    const { operation, output, labelOffset = 0 } = this.#options
    for (let n = 0; n < labels.length; n++) {
      const label = labels[n]!
      const index = label + labelOffset
      if (Number.isInteger(index) && index >= 0 && index < this.#classes) continue
      const all = Array.from(labels)
      const [least, most] = [Math.min(...all), Math.max(...all)]
      const outputs = output.reduce((a, b) => a * b, 1)
      // the first class may be rare: labels from 1 are commoner than those from where these begin
      const first = least > 1 && most <= this.#classes ? 1 : least
      const fits = first !== 0 && Number.isInteger(first) && most - first < this.#classes
      const fix = fits
        ? `If labels count from ${first}, say labelOffset: ${-first} (--label-offset ${-first}).`
        : 'Check that model and data belong together, or choose another output (--output).'
      const moved = labelOffset === 0 ? '' : ` with an offset of ${labelOffset}`
      throw new SnnError(
        'ARGUMENT',
        `[${operation}] label ${label}${moved}, expected a class from 0 to ${this.#classes - 1}: the network has ${outputs === 1 ? '1 output, which tells two classes apart' : `${outputs} outputs`}. ${fix}`,
        { name: 'labels', value: label },
      )
    }
  }

  /** A prediction for a sample with a label that `check` has passed. */
  add(predicted: number, label: number): void {
    const index = label + (this.#options.labelOffset ?? 0)
    this.#samples++
    this.#predicted.set(predicted, (this.#predicted.get(predicted) ?? 0) + 1)
    this.#labels.set(index, (this.#labels.get(index) ?? 0) + 1)
    const move = predicted - index
    const right = this.#right.get(move)
    if (right !== undefined) this.#right.set(move, right + 1)
  }

  get samples(): number {
    return this.#samples
  }

  /** Share of right predictions. */
  get accuracy(): number {
    return this.#right.get(0)! / this.#samples
  }

  /** Says what is wrong where predictions have hardly to do with the labels, or have if labels are moved by one. */
  get warnings(): readonly string[] {
    if (this.#samples < fewest || this.#kappa(0) >= suspicious) return []
    const { labelOffset = 0 } = this.#options
    const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
    const better = [-1, 1].find((move) => this.#kappa(move) >= 2 * suspicious)
    const found =
      better === undefined
        ? undefined
        : `With labels moved by ${better} it is ${percent(this.#right.get(better)! / this.#samples)}: labelOffset ${labelOffset + better} (--label-offset ${labelOffset + better}).`
    const {
      advice = 'Check preprocessing, labels and output: snn inspect MODEL --data DATA tries the usual preprocessings and label offsets, --preprocess auto takes the best.',
    } = this.#options
    const [got, chance] = [percent(this.accuracy), percent(this.#byChance(0))]
    return [
      `An accuracy of ${got} on ${this.#samples} samples is ${got === chance || this.#kappa(0) <= 0 ? 'no' : 'hardly'} better than guessing (${chance}). ${found ?? advice}`,
    ]
  }

  /**
   * Share of right predictions if they had nothing to do with the labels; of labels that are all one, among all
   * classes.
   */
  #byChance(move: number): number {
    if (this.#labels.size === 1) return 1 / this.#classes
    let sum = 0
    for (const [index, count] of this.#labels) sum += count * (this.#predicted.get(index + move) ?? 0)
    return sum / this.#samples ** 2
  }

  /** Cohen's kappa: how much of what guessing leaves is right. */
  #kappa(move: number): number {
    const chance = this.#byChance(move)
    return chance === 1
      ? this.#right.get(move) === this.#samples
        ? 1
        : 0
      : (this.#right.get(move)! / this.#samples - chance) / (1 - chance)
  }
}
