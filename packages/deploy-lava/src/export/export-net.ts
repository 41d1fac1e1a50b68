import type { Network } from '@snn/nn'
import { checkArray, checkObject, SnnError } from '@snn/tensor'
import type { NetFile, NetLayer } from '../net/net-file.js'
import { layerKindText, netScalar, netTensor, neuronKindText, type NetValue } from '../net/net-value.js'
import { writeNet } from '../net/write-net.js'
import { resources, type Resources } from '../resources/resources.js'
import { scaleInputs, scaleRows, type LinearMap } from './linear-map.js'
import type { Approximation } from './neuron-form.js'
import { pythonScript } from './python-script.js'
import { quantize, roundHalfEven, type QuantizedStage } from './quantize.js'
import { channelOf, readStages, type Stage } from './read-stages.js'
import { cannotExport } from './refuse.js'

export interface ExportNetOptions {
  /** From 2 to 8. Default 8. */
  readonly weightBits?: number
  /** Weights beyond this percentile of their magnitudes are clipped, which leaves more bits to the others. Default 100. */
  readonly percentile?: number
  /** Decays in 1/4096 for all layers, in place of what their neurons say. */
  readonly decay?: { readonly iDecay?: number; readonly vDecay?: number }
  /** What the chip does otherwise and the user takes: each is named in the report. Default: nothing, and an error instead. */
  readonly approximate?: readonly Approximation[]
  /** Name of the files. Default 'network'. */
  readonly out?: string
}

export interface ExportedLayer {
  readonly name: string
  readonly neuron: string
  readonly kind: 'dense' | 'conv'
  readonly shape: readonly number[]
  /** A weight (with the threshold at 1) times this is the weight in the file. */
  readonly scale: number
  readonly limitedBy: QuantizedStage['limitedBy']
  readonly vThMant: number
  readonly iDecay: number
  readonly vDecay: number
  readonly weightError: number
  readonly clipped: number
  /** Largest difference of a decay that 12 bits make. */
  readonly decayError: number
  readonly approximations: readonly Approximation[]
  readonly warnings: readonly string[]
}

export interface ExportedNet {
  readonly net: NetFile
  /** `network.net`, and `network.py`, which runs it in Lava. */
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly report: { readonly weightBits: number; readonly layers: readonly ExportedLayer[] }
  readonly resources: Resources
}

/**
 * A spiking network as a `.net` file for Loihi. Batch normalisation is folded into weights, average pooling becomes a convolution (or part of the
 * next), thresholds and amplitudes of spikes become scales of weights, weights are quantised with one scale a layer. What comes in must be spikes.
 * A last layer without neurons becomes neurons that never fire, whose membrane is read.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do, for what the chip or the format cannot do; `ARGUMENT` for options
 */
export async function exportNet(network: Network, options: ExportNetOptions = {}): Promise<ExportedNet> {
  checkObject('exportNet', options)
  const { weightBits = 8, percentile = 100, approximate = [], out = 'network', decay = {} } = options
  checkArray('exportNet', approximate, 'approximate')
  checkObject('exportNet', decay, 'decay')
  if (!(Number.isInteger(weightBits) && weightBits >= 2 && weightBits <= 8)) throw new SnnError('ARGUMENT', `[exportNet] weightBits is ${weightBits}, expected a whole number from 2 to 8.`, { name: 'weightBits', value: weightBits })
  if (!(percentile > 0 && percentile <= 100)) throw new SnnError('ARGUMENT', `[exportNet] percentile is ${percentile}, expected a number above 0 up to 100.`, { name: 'percentile', value: percentile })
  for (const [name, value] of Object.entries(decay)) if (!(Number.isInteger(value) && value >= 0 && value <= 4096)) throw new SnnError('ARGUMENT', `[exportNet] decay.${name} is ${value}, expected a whole number from 0 to 4096.`, { name, value })
  const layers: NetLayer[] = []
  const reports: ExportedLayer[] = []
  let amplitude: Float64Array | undefined
  for (const [i, stage] of (await readStages(network, approximate)).entries()) {
    if (i === 0 && stage.map.kind === 'conv') layers.push({ kind: 'input', values: { type: layerKindText('input'), shape: netTensor('int64', stage.inputShape) } })
    if (i > 0 && stage.map.kind === 'dense' && stage.inputShape.length === 3) layers.push({ kind: 'flatten', values: { type: layerKindText('flatten'), shape: netTensor('int64', [stage.map.inputs]) } })
    const { layer, report } = exportStage(stage, amplitude, { weightBits, percentile, decay })
    layers.push(layer)
    reports.push(report)
    amplitude = stage.form.amplitude
  }
  const net: NetFile = { layers, other: {} }
  const files = { [`${out}.net`]: writeNet(net), [`${out}.py`]: new TextEncoder().encode(pythonScript(out, net)) }
  return { net, files, report: { weightBits, layers: reports }, resources: resources(net) }
}

interface StageOptions {
  readonly weightBits: number
  readonly percentile: number
  readonly decay: { readonly iDecay?: number; readonly vDecay?: number }
}

function exportStage(stage: Stage, amplitude: Float64Array | undefined, { weightBits, percentile, decay }: StageOptions): { readonly layer: NetLayer; readonly report: ExportedLayer } {
  const { name, neuron, form, shape } = stage
  const map = inUnitsOfThreshold(stage, amplitude)
  const [iDecay, vDecay] = [decay.iDecay ?? roundHalfEven(4096 * (1 - form.keepCurrent)), decay.vDecay ?? roundHalfEven(4096 * (1 - form.keepVoltage))]
  const silent = form.threshold === undefined
  const quantized = quantize(name, map, { weightBits, percentile, exactThreshold: iDecay === 4096 && vDecay === 0, silent })
  if (quantized.vThMant < 1) throw cannotExport(name, map.kind, `its weights are so large beside its threshold that ${weightBits} bits leave none for the threshold`, 'Use more weightBits, or a lower percentile.')
  const { kind } = map
  const values: Record<string, NetValue> = {
    type: layerKindText(kind),
    shape: netTensor('int64', shape),
    ...(map.kind === 'dense' ? denseValues(map.inputs, map.outputs) : convValues(map, stage.inputShape)),
    weight: netTensor('float32', quantized.weight, map.kind === 'dense' ? [map.outputs, map.inputs] : map.weightShape),
    ...(quantized.bias.some((b) => b !== 0) ? { bias: netTensor('float32', quantized.bias) } : {}),
    'neuron/type': neuronKindText('CUBA'),
    'neuron/iDecay': netScalar(iDecay),
    'neuron/vDecay': netScalar(vDecay),
    'neuron/vThMant': netScalar(quantized.vThMant),
    'neuron/refDelay': netScalar(1),
    'neuron/gradedSpike': netScalar(0, 'bool'),
  }
  const decayError = Math.max(Math.abs(1 - form.keepCurrent - iDecay / 4096), Math.abs(1 - form.keepVoltage - vDecay / 4096))
  const { scale, limitedBy, vThMant, weightError, clipped } = quantized
  return {
    layer: { kind, values },
    report: { name, neuron, kind, shape, scale, limitedBy, vThMant, iDecay, vDecay, weightError, clipped, decayError, approximations: form.approximations, warnings: warningsOf(quantized, map, iDecay, stage.depth) },
  }
}

/** Weights and bias by row over the threshold, times the amplitude of the spikes that come. */
function inUnitsOfThreshold({ map, form, inputShape }: Stage, amplitude: Float64Array | undefined): LinearMap {
  const over = (row: number): number => 1 / (form.threshold?.[row] ?? 1)
  const scaled = scaleRows(map, (row) => form.gain * over(row))
  const biased = { ...scaled, bias: map.bias.map((b, row) => (b + form.current) * form.biasGain * over(row)) }
  return amplitude ? scaleInputs(biased, (channel) => amplitude[channel]!, inputShape.length === 3 ? channelOf(inputShape) : (input) => input) : biased
}

function denseValues(inputs: number, outputs: number): Record<string, NetValue> {
  return { inFeatures: netScalar(inputs), outFeatures: netScalar(outputs) }
}

function convValues({ weightShape, stride, padding, dilation, groups }: Extract<LinearMap, { readonly kind: 'conv' }>, [channels]: readonly number[]): Record<string, NetValue> {
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

/** What may happen on the chip, and not in the network. */
function warningsOf({ weight, bias, vThMant }: QuantizedStage, map: LinearMap, iDecay: number, depth: number): string[] {
  const rows = map.bias.length
  const width = weight.length / rows
  let most = 0
  for (let row = 0; row < rows; row++) most = Math.max(most, weight.subarray(row * width, (row + 1) * width).reduce((sum, w) => sum + Math.abs(w), 0))
  const warnings: string[] = []
  if (most * 64 * (4096 / Math.max(1, iDecay)) >= 2 ** 23) warnings.push(`u can wrap: the weights of one neuron add up to ${most}, and 2^17 is where 24 bits end`)
  if (bias.some((b) => b !== 0)) warnings.push(`the bias is added from the first step on, and what is sent to the chip arrives here ${depth + 1} steps later`)
  if (vThMant < 16) warnings.push(`the threshold is only ${vThMant}: weights are large beside it`)
  return warnings
}

