import {
  addLayer,
  averagePoolLayer,
  constantLayer,
  convLayer,
  gateLayer,
  linearLayer,
  maxPoolLayer,
  spikingGlobalMaxPoolLayer,
  spikingMaxPoolLayer,
  type Layer,
  type LayerOf,
  type Network,
  type NetworkNode,
} from '@snn/nn'
import { integrateAndFire } from '@snn/neuron'
import { sizeOf, type Shape, type TensorLike } from '@snn/tensor'
import { broadcastIndex } from './broadcast-index.js'
import type { CodeSettings, Site } from '../codes/code.js'
import { convertDomains } from './convert-domains.js'
import { NetworkDraft } from '../prepare/graph.js'
import type { ConversionPlan } from '../plan/plan.js'
import { withWeights } from '../prepare/weighted.js'
import { chooseScales, type Scales } from './scales.js'
import { rulesAt } from '../plan/target.js'
import { byElement } from '../calibrate/thresholds.js'
import { at, floats, toVariables, weightsOf } from '../prepare/weights.js'

/** What calibration found for a layer of neurons, in units of the ANN: values per channel, or one. */
export interface NeuronCalibration {
  readonly initial: Float64Array
  readonly current: Float64Array
  /** The potential to fire at, where that is not the threshold. */
  readonly level?: Float64Array
}

export interface NormalizeOptions {
  /** Initial membrane potential as a share of the threshold. */
  readonly initialPotential: number
  /** First step that counts in the readout, beyond those that the code needs. */
  readonly delay: number
  readonly settings?: CodeSettings
  /** By layer: in place of `initialPotential`. */
  readonly neurons?: ReadonlyMap<string, NeuronCalibration>
}

export interface Normalized {
  readonly snn: Network
  readonly scales: Scales
}

/** Settings of codes that need none. */
export const noSettings: CodeSettings = { levels: 0, digits: 1, T: 0, wait: 0 }

/**
 * The spiking network of a plan: neurons of its code, and where the code absorbs them, thresholds in the weights (Diehl
 * et al. 2015; Rueckauer et al. 2017). With the scale s of each value, a weighted layer gets W s_in / s_out and b /
 * s_out, so that a value of the SNN is the ANN's divided by s; a neuron with threshold h in the ANN's units gets
 * threshold h / s, which is 1 unless an Add ties it to a layer with a larger one. Other codes have the scale 1
 * everywhere.
 */
export async function normalize(
  plan: ConversionPlan,
  thresholds: ReadonlyMap<string, Float64Array>,
  options: NormalizeOptions,
): Promise<Normalized> {
  const { network, code, shapes, depths, domains } = plan
  const settings = options.settings ?? noSettings
  const elementwise = new Map([...thresholds].map(([name, own]) => [name, byElement(own, shapes.get(name)!)]))
  const scales = code.absorbs ? chooseScales(plan, elementwise) : unscaled(plan)
  const draft = new NetworkDraft(network)
  for (const node of network.nodes) {
    const shape = shapes.get(node.name)!
    switch (plan.roles.get(node.name)!) {
      case 'weighted':
        if (code.absorbs)
          draft.replace(
            node.name,
            await scaledWeights(
              node,
              shapes.get(node.inputs[0]!)!,
              scales.of(node.inputs[0]!),
              shape,
              scales.of(node.name),
            ),
          )
        if (domains.get(node.name) === 'message') windowBias(draft, node.name, plan, depths.get(node.name)!, settings)
        break
      case 'neuron': {
        const site = siteOf(
          node,
          shape,
          depths.get(node.name)!,
          elementwise.get(node.name)!,
          scales.of(node.name),
          options,
        )
        draft.replace(node.name, code.neuron(site, settings))
        if (code.absorbs && rulesAt(settings.target, site.depth))
          await absorbLevel(draft, site, (own) => code.neuron(own, settings))
        break
      }
      case 'maxPool':
        if (domains.get(node.name) === 'message') poolSpikes(draft, node, shapes.get(node.inputs[0]!)!, plan, settings)
        break
      case 'linear':
        if (constantLayer.is(node.layer))
          await changeConstant(
            draft,
            node.name,
            node.layer,
            shape,
            scales.of(node.name),
            domains.get(node.name) === 'message' && code.flow === 'once',
          )
        break
      case 'analogue':
      case 'input':
      case 'readout':
        break
    }
  }
  convertDomains(draft, plan, { settings, delay: options.delay })
  const snn = draft.finish()
  // what is put at its end reads the messages of all steps so far
  snn.metadata = { code: code.name, readout: { by: 'last' }, encoding: 'constant' }
  return { snn, scales }
}

function unscaled({ shapes }: ConversionPlan): Scales {
  return { of: (name) => new Float64Array(sizeOf(shapes.get(name)!)).fill(1) }
}

function siteOf(
  { name, layer }: NetworkNode,
  shape: Shape,
  depth: number,
  threshold: Float64Array,
  scale: Float64Array,
  { neurons, initialPotential, settings }: NormalizeOptions,
): Site {
  const scaled = (values: Float64Array): Float64Array => values.map((value, i) => value / scale[i]!)
  const calibrated = neurons?.get(name)
  return {
    name,
    layer,
    shape,
    depth,
    threshold: scaled(threshold),
    level: scaled(calibrated?.level ? byElement(calibrated.level, shape) : threshold),
    initial: scaled(
      calibrated
        ? byElement(calibrated.initial, shape)
        : threshold.map((value) => (rulesAt(settings?.target, depth) ? 0 : value * initialPotential)),
    ),
    current: calibrated ? scaled(byElement(calibrated.current, shape)) : new Float64Array(threshold.length),
  }
}

/**
 * Neurons of a chip with threshold 1 and no current, these taken into the weights before them where nothing else reads
 * those: into all of their input, or, the current alone, into a summand of it. And a factor behind them where an Add
 * ties what a spike stands for to that of another layer.
 */
async function absorbLevel(draft: NetworkDraft, site: Site, make: (site: Site) => Layer): Promise<void> {
  const { name, shape, threshold, level, current } = site
  const input = draft.node(name)!.inputs[0]!
  const before = weightsInto(draft, input, shape)
  if (before) {
    const whole = before.name === input
    const { weight, bias } = await weightsOf(before.layer)
    const outputs = shape[0]!
    const [perRow, inner] = [sizeOf(weight!.shape) / outputs, sizeOf(shape) / outputs]
    const over = (o: number): number => (whole ? threshold[o * inner]! / level[o * inner]! : 1)
    draft.replace(
      before.name,
      withWeights(before, {
        weight: floats(weight!.shape, (i) => at(weight!.data, i) * over(Math.floor(i / perRow))),
        bias: floats([outputs], (o) => ((bias ? at(bias.data, o) : 0) + current[o * inner]!) * over(o)),
      }),
    )
    draft.replace(name, make({ ...site, level: whole ? threshold : level, current: current.map(() => 0) }))
  }
  if (draft.node(name)!.layer.config['amplitude'] !== 'one' || threshold.every((value) => value === 1)) return
  draft.insertAfter(
    name,
    `${name}_scale`,
    constantLayer(
      { function: 'mul', swap: false },
      toVariables({ operand: floats(shape, (i) => threshold[i]!) }, name),
    ),
  )
}

/** The weights whose outputs, which nothing else takes, are a value, or are summed to it. */
function weightsInto(draft: NetworkDraft, name: string, shape: Shape): NetworkNode | undefined {
  const node = draft.node(name)
  if (!node || !draft.onlyConsumer(name)) return undefined
  if (convLayer.is(node.layer) || (linearLayer.is(node.layer) && shape.length === 1)) return node
  return addLayer.is(node.layer)
    ? node.inputs.map((input) => weightsInto(draft, input, shape)).find((found) => found)
    : undefined
}

/**
 * Maximum pooling of messages: of their sums, or, on a chip that resets to 0, of the spikes of each step, for which
 * neurons fire when any does.
 */
function poolSpikes(
  draft: NetworkDraft,
  { name, layer }: NetworkNode,
  from: Shape,
  { code }: ConversionPlan,
  { target }: CodeSettings,
): void {
  const own = maxPoolLayer.is(layer) ? layer.config : undefined
  if (target?.reset !== 'hard') draft.replace(name, own ? spikingMaxPoolLayer(own) : spikingGlobalMaxPoolLayer({}))
  else if (code.absorbs) {
    const { kernel, stride, padding, dilation } = own ?? {
      kernel: from.slice(1),
      stride: from.slice(1),
      padding: from.slice(1).map(() => [0, 0] as const),
      dilation: from.slice(1).map(() => 1),
    }
    if (dilation.some((n) => n !== 1)) return
    draft.replace(name, averagePoolLayer({ kernel, stride, padding, countIncludePad: true }))
    draft.insertAfter(name, `${name}_any`, integrateAndFire({ threshold: 0.5 / sizeOf(kernel), reset: { to: 0 } }))
  }
}

/** A bias that must not enter at every step: it moves into a gate behind its layer. */
function windowBias(
  draft: NetworkDraft,
  name: string,
  { code, shapes }: ConversionPlan,
  depth: number,
  settings: CodeSettings,
): void {
  const { layer } = draft.node(name)!
  const { weight, bias } = layer.variables
  if (!bias || (code.flow === 'sustained' && settings.wait === 0)) return
  const isConv = convLayer.is(layer)
  draft.replace(name, isConv ? convLayer(layer.config, { weight: weight! }) : linearLayer({}, { weight: weight! }))
  const window =
    code.flow === 'once' ? { start: 0, length: 1 } : { start: code.start(depth - 1, settings), length: settings.T }
  draft.insertAfter(
    name,
    `${name}_bias`,
    gateLayer(isConv ? { ...window, trailing: shapes.get(name)!.length - 1 } : window, { bias }),
  )
}

/** Constants in the units of the SNN; where messages are changes, an added one comes in once. */
async function changeConstant(
  draft: NetworkDraft,
  name: string,
  layer: LayerOf<'constant'>,
  shape: Shape,
  scale: Float64Array,
  once: boolean,
): Promise<void> {
  const { config } = layer
  if (config.function === 'mul' || config.function === 'div') return
  if (!once) {
    const scaled = await scaledConstant(name, layer, shape, scale)
    if (scaled) draft.replace(name, scaled)
    return
  }
  const { operand } = await weightsOf(layer)
  const sign = config.function === 'sub' && !config.swap ? -1 : 1
  const bias = toVariables({ bias: floats(operand!.shape, (i) => sign * at(operand!.data, i)) }, name)
  if (config.function === 'sub' && config.swap) {
    draft.replace(
      name,
      constantLayer({ function: 'mul', swap: false }, toVariables({ operand: floats([], () => -1) }, name)),
    )
    draft.insertAfter(name, `${name}_bias`, gateLayer({ start: 0, length: 1 }, bias))
  } else draft.replace(name, gateLayer({ start: 0, length: 1 }, bias))
}

/** The largest magnitude of a weight of each output channel, times the scale of what it takes. */
export async function weightRanges(node: NetworkNode, from: Shape, input: Float64Array): Promise<Float64Array> {
  const outputs = node.layer.variables['weight']!.shape[0]!
  const layer = await scaledWeights(node, from, input, [outputs], new Float64Array(outputs).fill(1))
  const { weight } = await weightsOf(layer)
  const perRow = weight!.data.length / outputs
  const ranges = new Float64Array(outputs)
  for (let i = 0; i < weight!.data.length; i++) {
    const row = Math.floor(i / perRow)
    ranges[row] = Math.max(ranges[row]!, Math.abs(at(weight!.data, i)))
  }
  return ranges
}

async function scaledWeights(
  node: NetworkNode,
  from: Shape,
  input: Float64Array,
  to: Shape,
  output: Float64Array,
): Promise<Layer> {
  const { weight, bias } = await weightsOf(node.layer)
  const [outputs, fanIn, ...kernel] = weight!.shape
  const taps = kernel.reduce((a, b) => a * b, 1)
  const { layer } = node
  const isConv = convLayer.is(layer)
  // first element of each channel (conv) or feature (linear: the last axis)
  const inner = (shape: Shape): number => (isConv ? sizeOf(shape) / shape[0]! : 1)
  const [innerIn, innerOut] = [inner(from), inner(to)]
  const groups = isConv ? layer.config.groups : 1
  const sIn = (o: number, i: number): number => input[(Math.floor(o / (outputs! / groups)) * fanIn! + i) * innerIn]!
  const sOut = (o: number): number => output[o * innerOut]!
  const weights: Record<string, TensorLike> = {
    weight: floats(weight!.shape, (k) => {
      const i = Math.floor(k / taps) % fanIn!
      const o = Math.floor(k / taps / fanIn!)
      return (at(weight!.data, k) * sIn(o, i)) / sOut(o)
    }),
  }
  if (bias) weights['bias'] = floats([outputs!], (o) => at(bias.data, o) / sOut(o))
  return withWeights(node, weights)
}

/** x + c and c - x become (x + c) / s with the constant divided by the scale of each element; factors stay. */
async function scaledConstant(
  name: string,
  layer: LayerOf<'constant'>,
  shape: Shape,
  scale: Float64Array,
): Promise<Layer | undefined> {
  const { config } = layer
  if (config.function === 'mul' || config.function === 'div' || scale.every((s) => s === 1)) return undefined
  const { operand } = await weightsOf(layer)
  const index = broadcastIndex(operand!.shape, shape)
  const full = floats(shape, (i) => at(operand!.data, index(i)) / scale[i]!)
  return constantLayer(config, toVariables({ operand: full }, name))
}
