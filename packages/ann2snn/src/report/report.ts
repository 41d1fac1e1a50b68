import type { Per } from '../calibrate/activations.js'
import type { Built, PreparedAnn } from '../build/build.js'
import type { CodeName } from '../codes/code.js'
import type { LayerReport } from './layer-report.js'
import { latencyOf } from '../plan/latency.js'
import type { Findings } from './measure.js'
import { parameterCount, spikingInputs, totalMacs } from '../plan/plan.js'
import { weightsText } from '../plan/settle.js'
import type { ThresholdMode } from '../calibrate/thresholds.js'

/** How well the outputs up to step T agree with the ANN. */
export interface AccuracyReport {
  readonly T: number
  /** Samples that it was measured on. */
  readonly samples: number
  /** Share of samples with the ANN's prediction. */
  readonly agreement: number
  /** Share of samples with the label's class, where calibration data had labels. */
  readonly accuracy?: number
}

/** Something suspicious. `describeWarnings` says it in words, with what to change. */
export interface ConversionWarning {
  /**
   * `inactive`: all activations of a layer are 0 in the ANN, so that no calibration makes it fire; `silent`: more than
   * 90 % of a layer's neurons fired for no sample; `saturated`: more than 5 % of its activations lie above the
   * threshold;
   * `disagreement`: less than 97 % of the classes are the ANN's, whatever T; `labels`: the data's labels are no
   * classes, or have nothing to do with them;
   * `preprocess`: another preprocessing than the one assumed gets far more of them right.
   */
  readonly code: 'inactive' | 'silent' | 'saturated' | 'disagreement' | 'labels' | 'preprocess'
  readonly layer?: string
  /** Of neurons, activations, or classes that agree. */
  readonly share?: number
  /** Time steps after which that was measured. */
  readonly T?: number
  /** Samples that it was measured on. */
  readonly samples: number
  /** Of labels and preprocess: what is wrong. */
  readonly message?: string
}

/** What a conversion did and what to expect of it. JSON; `version` grows when its form changes. */
export interface ConversionReport {
  readonly version: 2
  /**
   * What a spike is: binary or graded, with a sign or not, of how many levels (steps, bits), and how many digits of a
   * graded one.
   */
  readonly code: {
    readonly name: CodeName
    readonly spikes: 'binary' | 'graded'
    readonly signed: boolean
    readonly levels?: number
    readonly digits?: number
  }
  readonly mode: ThresholdMode
  readonly per: Per
  /** Steps that the network was made for, and that each layer waits, where it was. */
  readonly madeFor?: { readonly T: number; readonly wait: number }
  /** Whether calibration changed weights, biases alone, or neither. */
  readonly weights: 'kept' | 'biases corrected' | 'calibrated'
  /** Share of the threshold. */
  readonly initialPotential: number
  /** First step that counts in the readout. */
  readonly delay: number
  /**
   * Time steps that pass before the output begins to count. T counts them, too: it is the number of time steps that are
   * run.
   */
  readonly latency: number
  /** Calibration samples, and how many samples the figures after `recommendedT` steps were measured on. */
  readonly samples: { readonly calibration: number; readonly report: number }
  readonly ann: { readonly macs: number; readonly parameters: number; readonly accuracy?: number }
  readonly layers: readonly LayerReport[]
  /** Number of steps that `layers` was measured with. */
  readonly layersT: number
  readonly accuracy: readonly AccuracyReport[]
  /** The fewest steps after which the prediction agrees with the ANN's nearly as often as it ever does. */
  readonly recommendedT: number
  /**
   * What spikes (in codes of changes: changes) cause at the weights they meet, and the multiply-accumulates of layers
   * with analogue input, for one sample.
   */
  readonly synapticOperations: readonly { readonly T: number; readonly perSample: number; readonly ratio: number }[]
  /** Share of the ANN's multiply-accumulates whose inputs have become spikes. */
  readonly spikingShare: number
  readonly warnings: readonly ConversionWarning[]
  readonly notes: readonly string[]
}

/** The report of a conversion that was measured. */
export function reportOf(
  { network, notes }: PreparedAnn,
  { plan, settled, delay, fitted }: Built,
  { tallies, annAccuracy, warnings, recommendedT, layers }: Findings,
  calibrationSamples: number,
): ConversionReport {
  const { code, mode, per, settings, initialPotential } = settled
  const macs = totalMacs(plan)
  const spiking = spikingInputs(plan)
  const analogueMacs = [...plan.macs].reduce((sum, [name, own]) => sum + (spiking.has(name) ? 0 : own), 0)
  const accuracy = tallies.map(({ T, samples, agree, right, labelled }) => ({
    T,
    samples,
    agreement: agree / samples,
    ...(annAccuracy === undefined ? {} : { accuracy: right / labelled }),
  }))
  return {
    version: 2,
    code: {
      name: code.name,
      spikes: code.spikes,
      signed: code.signed,
      ...(code.levels ? { levels: settings.levels } : {}),
      ...(code.spikes === 'graded' ? { digits: settings.digits } : {}),
    },
    mode,
    per,
    ...(settings.T > 0 ? { madeFor: { T: settings.T, wait: settings.wait } } : {}),
    weights: weightsText[settled.weights],
    initialPotential,
    delay,
    latency: latencyOf(plan, settings),
    samples: { calibration: calibrationSamples, report: accuracy.find(({ T }) => T === recommendedT)!.samples },
    ann: { macs, parameters: parameterCount(network), ...(annAccuracy === undefined ? {} : { accuracy: annAccuracy }) },
    layers,
    layersT: recommendedT,
    accuracy,
    recommendedT,
    synapticOperations: tallies.map(({ T, samples, operations }) => ({
      T,
      perSample: operations / samples,
      ratio: operations / samples / macs,
    })),
    spikingShare: (macs - analogueMacs) / macs,
    warnings: warningsOf(layers, accuracy, warnings),
    notes: [
      ...notes,
      ...(fitted !== undefined && fitted < calibrationSamples
        ? [
            `Sequential calibration used the first ${fitted} of ${calibrationSamples} samples: more do not fit into 1 GiB.`,
          ]
        : []),
    ],
  }
}

function warningsOf(
  layers: readonly LayerReport[],
  accuracy: readonly AccuracyReport[],
  labels: readonly string[],
): ConversionWarning[] {
  const best = accuracy.reduce((a, b) => (b.agreement > a.agreement ? b : a))
  return [
    ...labels.map(
      (message) => ({ code: 'labels', samples: Math.max(...accuracy.map(({ samples }) => samples)), message }) as const,
    ),
    ...layers.flatMap(({ name: layer, silent, saturated, error, samples }): ConversionWarning[] => [
      // of activations that are not 0, those who never fire miss all
      ...(silent === 1 && error === 0
        ? [{ code: 'inactive', layer, samples } as const]
        : silent > 0.9
          ? [{ code: 'silent', layer, share: silent, samples } as const]
          : []),
      ...(saturated > 0.05 ? [{ code: 'saturated', layer, share: saturated, samples } as const] : []),
    ]),
    ...(best.agreement < 0.97
      ? [{ code: 'disagreement', share: best.agreement, T: best.T, samples: best.samples } as const]
      : []),
  ]
}
