import { namedReadout, type Network, type ReadoutOption } from '@snn/nn'
import { SnnError, type Tensor, type TensorLike } from '@snn/tensor'
import { checkByRules, checkMembers, optionRule, type OptionRules } from '@snn/tensor/library'
import { type WorkOptions, workRules } from '../calibrate/activations.js'
import { checkNetwork } from '../check.js'
import { boundaryOf, checkClasses, classAt, type ClassOptions, classRules } from './classes.js'
import { eachBatch } from '../data.js'
import { chooseReadout, chooseSteps, compileLoop, readSteps, runRules } from './simulate.js'

/** Options of `classify`. */
export interface ClassifyOptions extends Pick<WorkOptions, 'backend' | 'signal'>, ClassOptions {
  /** Time steps to run. Default: what the network's metadata say, or all of an input [N, T, ..]. */
  readonly T?: number
  /** How the outputs of all steps are read. Default: `readoutOf(snn)`. */
  readonly readout?: ReadoutOption
  /** Names of the classes by label, such as `metadata.classNames` of `readSnn`. */
  readonly classNames?: readonly string[]
  /** How many of the best classes are given. Default 3. */
  readonly top?: number
}

export const classifyRules: OptionRules<ClassifyOptions> = {
  backend: workRules.backend,
  signal: workRules.signal,
  ...classRules,
  ...runRules,
  classNames: optionRule.texts,
  top: optionRule.number,
}

/** A class, and what speaks for it. */
export interface ClassScore {
  /** Its label: the index of its output less `labelOffset`. */
  readonly class: number
  readonly name?: string
  /** Its output by the read-out; larger is more likely, in units of the network. */
  readonly score: number
}

/** The answer for one sample. */
export interface Classification extends ClassScore {
  /** The best classes, this one first. Of a network with one output, which tells two classes apart, only this one. */
  readonly top: readonly ClassScore[]
  /** The step, from 1, from which on the class was the same to the end. */
  readonly stableFrom: number
  /** Steps that were run. */
  readonly T: number
  /** Spikes of all neurons in all steps; those of any size and sign count as one. */
  readonly spikes: number
}

/**
 * What a spiking network takes samples x [N, ..] for, or x [N, T, ..] of which each step is another input: the classes,
 * from which step on that was settled, and how many spikes it took. Predictions are made as the network's metadata say,
 * as in `evaluate`.
 *
 * @throws `ARGUMENT` without T where nothing says it, for a network whose outputs are no classes, and for values that
 * are not finite; `SHAPE`, `NO_BACKEND`
 */
export async function classify(
  snn: Network,
  x: TensorLike,
  options: ClassifyOptions = {},
): Promise<readonly Classification[]> {
  checkNetwork('classify', snn, 'snn')
  checkMembers('classify', x, 'x', ['data', 'shape'], '{ data, shape }: [N, ..]')
  checkByRules('classify', options, classifyRules)
  const { top = 3, classNames = [], labelOffset = 0, backend, signal } = options
  if (!Number.isSafeInteger(top) || top < 1)
    throw new SnnError('ARGUMENT', `[classify] top ${top}, expected a whole number of at least 1.`, {
      name: 'top',
      value: top,
    })
  const T = chooseSteps(snn, x.shape, options.T, 'classify')
  const readout = namedReadout(chooseReadout(snn, options.readout, 'classify', x), 'classify')
  // spikes are counted in each step as one number for each sample and layer
  const counts = (recorded: Readonly<Record<string, Tensor>>): Tensor[] =>
    Object.entries(recorded).flatMap(([name, value]) =>
      name.endsWith('.spike') ? [value.ne(0).cast('float32').flatten(1).sum(1)] : [],
    )
  await using loop = compileLoop(snn, ['*'], counts, backend)
  const boundary = boundaryOf(snn)
  const named = (index: number, score: number): ClassScore => {
    const label = index - labelOffset
    return { class: label, ...(classNames[label] !== undefined && { name: classNames[label] }), score }
  }
  const results: Classification[] = []
  for await (const { x: batch, size } of eachBatch([x], 'classify', signal)) {
    const { logits, collected } = await loop.run([batch, null, T, false, 0], { signal })
    checkClasses({ operation: 'classify', output: logits.shape.slice(2), labelOffset })
    const { data } = readSteps(logits, readout, 'classify')
    const classes = data.length / T / size
    for (let n = 0; n < size; n++) {
      const at = (t: number): number => (t * size + n) * classes
      const found = classAt(data, at(T - 1), classes, boundary)
      let stableFrom = T
      while (stableFrom > 1 && classAt(data, at(stableFrom - 2), classes, boundary) === found) stableFrom--
      const scores = Array.from(data.subarray(at(T - 1), at(T - 1) + classes), (score, index) => ({ index, score }))
      const best =
        classes === 1
          ? [named(found, scores[0]!.score)]
          : scores
              .sort((a, b) => b.score - a.score)
              .slice(0, top)
              .map(({ index, score }) => named(index, score))
      let spikes = 0
      for (const { data: ofLayer } of collected) for (let t = 0; t < T; t++) spikes += ofLayer[t * size + n]!
      results.push({ ...best[0]!, top: best, stableFrom, T, spikes })
    }
  }
  return results
}
