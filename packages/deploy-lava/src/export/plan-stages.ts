import { checkFiniteVariables, type Network } from '@snn/nn'
import type { NetFile, NetLayer } from '../net/net-file.js'
import { layerKindText, netScalar, netTensor, neuronKindText, type NetValue } from '../net/net-value.js'
import { aligned } from './align.js'
import { scaleInputs, scaleRows, type LinearMap } from './linear-map.js'
import type { Approximation } from './neuron-form.js'
import type { ScriptOptions } from './python-script.js'
import { quantize, roundHalfEven, type QuantizedStage } from './quantize.js'
import { channelOf, readStages } from './read-stages.js'
import { biasOf, type ChipStage, type StageInput } from './stage.js'
import { cannotExport } from './refuse.js'

/** What becomes of one stage. */
export interface StagePlan {
  readonly stage: ChipStage
  /** Weights over the threshold, for spikes of 1, of each input of the stage. */
  readonly maps: readonly LinearMap[]
  /** Bias over the threshold. */
  readonly bias: Float64Array
  readonly iDecay: number
  readonly vDecay: number
  readonly quantized: QuantizedStage
}

export interface PlanOptions {
  /** The function that errors name. */
  readonly operation: string
  readonly weightBits: number
  readonly percentile: number
  readonly decay: { readonly iDecay?: number; readonly vDecay?: number }
  readonly approximate: readonly Approximation[]
  readonly readoutRange: number | undefined
  /** Whether shortcuts pass relays, for each synapse takes a step. */
  readonly relays: boolean
}

/**
 * The network as stages with their integers. @throws `CONVERT_UNSUPPORTED`; `ARGUMENT` for weights that are not finite
 */
export async function planStages(
  network: Network,
  { operation, weightBits, percentile, decay, approximate, readoutRange, relays }: PlanOptions,
): Promise<readonly StagePlan[]> {
  await checkFiniteVariables(operation, network)
  const amplitudes = new Map<string, Float64Array | undefined>()
  const stages = await readStages(network, approximate)
  return (relays ? aligned(stages) : stages).map((stage): StagePlan => {
    const { name, neuron, form, inputs } = stage
    const over = (row: number): number => 1 / (form.threshold?.[row] ?? 1)
    const maps = inputs.map((input) =>
      withAmplitude(
        scaleRows(input.map, (row) => form.gain * over(row)),
        input,
        amplitudes.get(input.from),
      ),
    )
    const bias = biasOf(stage).map((b, row) => (b + (form.current?.[row] ?? 0)) * form.biasGain * over(row))
    amplitudes.set(neuron, form.amplitude)
    const [iDecay, vDecay] = [
      decay.iDecay ?? roundHalfEven(4096 * (1 - form.keepCurrent)),
      decay.vDecay ?? roundHalfEven(4096 * (1 - form.keepVoltage)),
    ]
    const silent = form.threshold === undefined
    const quantized = quantize(name, maps, bias, {
      weightBits,
      percentile,
      exactThreshold: iDecay === 4096 && vDecay === 0,
      silent,
      range: silent ? readoutRange : undefined,
    })
    if (quantized.vThMant < 1)
      throw cannotExport(
        name,
        maps[0]!.kind,
        `its weights are so large beside its threshold that ${weightBits} bits leave none for the threshold`,
        'Use more weightBits, or a lower percentile.',
      )
    return { stage, maps, bias, iDecay, vDecay, quantized }
  })
}

/** Weights times the amplitude of the spikes that come. */
function withAmplitude(map: LinearMap, { inputShape }: StageInput, amplitude: Float64Array | undefined): LinearMap {
  return amplitude
    ? scaleInputs(
        map,
        (channel) => amplitude[channel]!,
        inputShape.length === 3 ? channelOf(inputShape) : (input) => input,
      )
    : map
}

/**
 * The layers of the file for planned stages.
 *
 * @throws `CONVERT_UNSUPPORTED` where they are no chain, which is all that the file knows
 */
export function netFileOf(plans: readonly StagePlan[]): NetFile {
  checkChain(plans.map(({ stage }) => stage))
  const layers = plans.flatMap((plan, i): NetLayer[] => {
    const [map] = plan.maps as [LinearMap]
    const [{ inputShape }] = plan.stage.inputs as [StageInput]
    return [
      ...(i === 0 && map.kind === 'conv'
        ? [{ kind: 'input', values: { type: layerKindText('input'), shape: netTensor('int64', inputShape) } }]
        : []),
      ...(i > 0 && map.kind === 'dense' && inputShape.length === 3
        ? [{ kind: 'flatten', values: { type: layerKindText('flatten'), shape: netTensor('int64', [map.inputs]) } }]
        : []),
      netLayerOf(plan),
    ]
  })
  return { layers, other: {} }
}

/** What is read of the last stage: the membrane, where it never fires. */
export const readsOf = (plans: readonly StagePlan[]): ScriptOptions['reads'] =>
  plans.at(-1)!.stage.form.threshold === undefined ? 'membrane' : 'spikes'

/** The first stage at which branches meet: all stages lead to the last one, so that without one they are a chain. */
export function branchOf(stages: readonly ChipStage[]): ChipStage | undefined {
  return stages.find(({ inputs }) => inputs.length > 1)
}

/** @throws `CONVERT_UNSUPPORTED` where stages are no chain */
export function checkChain(stages: readonly ChipStage[]): void {
  const branch = branchOf(stages)
  if (branch)
    throw cannotExport(
      branch.neuron,
      'add',
      `it takes ${branch.inputs.map(({ name }) => name).join(' and ')}, and layers of a .net file are a chain`,
      'Use exportProcesses, whose processes connect freely, or train without shortcuts and branches.',
    )
}

function netLayerOf({
  stage: { shape, inputs },
  maps,
  iDecay,
  vDecay,
  quantized: { inputs: quantized, bias, vThMant },
}: StagePlan): NetLayer {
  const [map] = maps as [LinearMap]
  const { weight } = quantized[0]!
  const values: Record<string, NetValue> = {
    type: layerKindText(map.kind),
    shape: netTensor('int64', shape),
    ...(map.kind === 'dense' ? denseValues(map.inputs, map.outputs) : convValues(map, inputs[0]!.inputShape)),
    weight: netTensor('float32', weight, map.kind === 'dense' ? [map.outputs, map.inputs] : map.weightShape),
    ...(bias.some((b) => b !== 0) ? { bias: netTensor('float32', bias) } : {}),
    'neuron/type': neuronKindText('CUBA'),
    'neuron/iDecay': netScalar(iDecay),
    'neuron/vDecay': netScalar(vDecay),
    'neuron/vThMant': netScalar(vThMant),
    'neuron/refDelay': netScalar(1),
    'neuron/gradedSpike': netScalar(0, 'bool'),
  }
  return { kind: map.kind, values }
}

function denseValues(inputs: number, outputs: number): Record<string, NetValue> {
  return { inFeatures: netScalar(inputs), outFeatures: netScalar(outputs) }
}

function convValues(
  { weightShape, stride, padding, dilation, groups }: Extract<LinearMap, { readonly kind: 'conv' }>,
  [channels]: readonly number[],
): Record<string, NetValue> {
  return {
    inChannels: netScalar(channels!),
    outChannels: netScalar(weightShape[0]),
    kernelSize: netTensor('int64', weightShape.slice(2)),
    stride: netTensor('int64', stride),
    padding: netTensor('int64', padding),
    dilation: netTensor('int64', dilation),
    groups: netScalar(groups),
  }
}
