import { ones, compile, conv, grad, scalar, type Tensor, type TensorLike } from '@snn/tensor'
import { convLayer, type Network, type NetworkNode } from '@snn/nn'
import { checkActivations, type WorkOptions } from '../calibrate/activations.js'
import { boundaryOf, classAt, type ClassOptions } from '../run/classes.js'
import type { Built } from '../build/build.js'
import { labelScores } from './label-scores.js'
import { spikingInputs, type ConversionPlan } from '../plan/plan.js'
import { compileLoop } from '../run/simulate.js'

/** What was counted after so many steps. */
export interface Tally {
  readonly T: number
  samples: number
  /** Samples with the ANN's class. */
  agree: number
  /** Samples with a label, and those of them with its class, of the SNN and of the ANN. */
  labelled: number
  right: number
  annRight: number
  /** Synaptic operations of all samples. */
  operations: number
}

/** An ANN's classes of the samples of a batch. */
export interface Judged {
  readonly x: TensorLike
  readonly size: number
  readonly labels: ArrayLike<number> | undefined
  readonly expected: Int32Array
}

/** Compares an SNN with its ANN, after several numbers of steps. */
export interface Comparison extends AsyncDisposable {
  readonly tallies: readonly Tally[]
  /** Of the ANN, of all samples that were added; undefined where there were no labels that are classes. */
  readonly annAccuracy: number | undefined
  readonly warnings: readonly string[]
  /** Runs the SNN on a batch, and adds what is found after the steps tallies[from] .. tallies[to - 1]. */
  add(batch: Judged, from: number, to: number): Promise<void>
}

export interface ClassJudge extends AsyncDisposable {
  /** The ANN's classes of `size` samples, `before` of which came others. */
  classes(x: TensorLike, size: number, before: number): Promise<Int32Array>
}

/** The ANN as a judge of what the SNN should say. */
export function classJudge(network: Network, { backend }: WorkOptions): ClassJudge {
  const run = compile((x: Tensor) => network.single(network.run('step', network.bind(x))), { backend })
  const boundary = boundaryOf(network)
  return {
    async classes(x, size, before) {
      const { data } = await run(x)
      checkActivations(network.outputs[0]!, data, size, before)
      const classes = data.length / size
      return Int32Array.from({ length: size }, (_, n) => classAt(data, n * classes, classes, boundary))
    },
    [Symbol.asyncDispose]: () => run.dispose(),
  }
}

/** Prepares the comparison of a conversion with its ANN after each of `steps`, in ascending order. */
export function compareWithAnn(
  { plan, snn }: Pick<Built, 'plan' | 'snn'>,
  steps: readonly number[],
  options: WorkOptions & ClassOptions,
): Comparison {
  const counting = spikeCounting(plan, snn)
  const sources = [...new Set([...counting.values()].map(({ source }) => source))]
  const loop = compileLoop(
    snn,
    sources.map((name) => `${name}.output`),
    (recorded) =>
      Object.fromEntries(
        [...counting].map(([name, { source, fanOut }]) => [
          name,
          recorded[`${source}.output`]!.ne(0).cast('float32').mul(fanOut()).sum(),
        ]),
      ),
    options.backend,
  )
  const boundary = boundaryOf(plan.network)
  const scores = labelScores(plan.shapes.get(plan.network.outputs[0]!)!, options)
  const tallies: Tally[] = steps.map((T) => ({
    T,
    samples: 0,
    agree: 0,
    labelled: 0,
    right: 0,
    annRight: 0,
    operations: 0,
  }))
  const alwaysMacs = macsWithoutSpikes(plan, counting)
  return {
    tallies,
    get annAccuracy() {
      return scores.annAccuracy
    },
    get warnings() {
      return scores.warnings
    },
    async add({ x, size, labels, expected }, from, to) {
      const lastT = steps[to - 1]!
      const { logits, collected } = await loop.run([x, null, lastT, false, 0], { signal: options.signal })
      if (from === 0) scores.add(expected, labels)
      const classes = logits.data.length / lastT / size
      const sums = Float64Array.from({ length: lastT }, (_, t) =>
        Object.values(collected).reduce((sum, { data }) => sum + data[t]!, 0),
      )
      for (const tally of tallies.slice(from, to)) {
        const { T } = tally
        for (let n = 0; n < size; n++) {
          const predicted = classAt(logits.data, ((T - 1) * size + n) * classes, classes, boundary)
          if (predicted === expected[n]) tally.agree++
          if (labels && scores.isRight(predicted, labels[n]!)) tally.right++
          if (labels && scores.isRight(expected[n]!, labels[n]!)) tally.annRight++
        }
        tally.samples += size
        if (labels) tally.labelled += size
        tally.operations += sums.subarray(0, T).reduce((a, b) => a + b, 0) + size * alwaysMacs(T)
      }
    },
    [Symbol.asyncDispose]: () => loop.dispose(),
  }
}

type Counting = ReadonlyMap<string, { readonly source: string; readonly fanOut: () => Tensor }>

/**
 * Multiply-accumulates of one sample in T steps that no spike drives: of layers that act on the input alone, once; of
 * those with analogue input, at every step.
 */
function macsWithoutSpikes({ macs, domains }: ConversionPlan, counting: Counting): (T: number) => number {
  let [once, everyStep] = [0, 0]
  for (const [name, count] of macs) {
    if (domains.get(name) === 'constant') once += count
    else if (!counting.has(name)) everyStep += count
  }
  return (T) => once + everyStep * T
}

/**
 * For each weighted layer that takes spikes or changes: which node they come from, and how many weights each one meets.
 */
function spikeCounting(plan: ConversionPlan, snn: Network): Counting {
  const spiking = spikingInputs(plan)
  const { domains } = plan
  const counted = ({ name }: NetworkNode): boolean =>
    spiking.has(name) ||
    (plan.roles.get(name) === 'weighted' && domains.get(name) === 'message' && plan.code.flow === 'once')
  const entries = plan.network.nodes
    .filter(counted)
    .map((node) => [node.name, { source: snn.node(node.name).inputs[0]!, fanOut: () => fanOut(node, plan) }] as const)
  return new Map(entries)
}

/** Outputs that each input element reaches: the gradient of the sum of outputs for weights of one. */
function fanOut(node: NetworkNode, { shapes }: ConversionPlan): Tensor {
  const weight = node.layer.variables['weight']!
  if (!convLayer.is(node.layer)) return scalar(weight.shape[0]!, 'float32')
  const x = ones([1, ...shapes.get(node.inputs[0]!)!])
  return grad(conv(x, ones(weight.shape), node.layer.config).sum(), x)
}
