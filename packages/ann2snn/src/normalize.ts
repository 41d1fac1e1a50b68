import { type Network, constantLayer, type Layer, type NetworkNode } from '@snn/nn'
import { integrateAndFire } from '@snn/neuron'
import { sizeOf, variable, type Shape, type TensorLike } from '@snn/tensor'
import { Draft } from './graph.js'
import type { Plan } from './plan.js'
import { withWeights } from './prepare.js'
import { chooseScales, type Scales } from './scales.js'
import { runningMean, spikingMaxPool } from './spiking-layers.js'
import { byElement } from './thresholds.js'
import { at, floats, toVariables, weightsOf } from './weights.js'

export interface NormalizeOptions {
  /** Initial membrane potential as a share of the threshold. */
  readonly initialPotential: number
  /** First step that counts in the readout. */
  readonly delay: number
}

export interface Normalized {
  readonly snn: Network
  readonly scales: Scales
}

/**
 * Weight normalisation (Diehl et al. 2015; Rueckauer et al. 2017) and the change to spiking layers. With the scale s of each
 * value, a weighted layer gets W s_in / s_out and b / s_out, so that a value of the SNN is the ANN's divided by s; a neuron with
 * threshold h in the ANN's units gets threshold h / s, which is 1 unless an Add ties it to a layer with a larger one.
 */
export async function normalize(plan: Plan, thresholds: ReadonlyMap<string, Float64Array>, options: NormalizeOptions): Promise<Normalized> {
  const { network, roles, shapes } = plan
  const elementwise = new Map([...thresholds].map(([name, own]) => [name, byElement(own, shapes.get(name)!)]))
  const scales = chooseScales(plan, elementwise)
  const draft = new Draft(network)
  for (const node of network.nodes) {
    const layer = await spiking(node, plan, elementwise, scales, options)
    if (layer) draft.replace(node.name, layer)
  }
  addReadouts(draft, network, roles, options.delay)
  return { snn: draft.finish(), scales }
}

async function spiking(
  node: NetworkNode,
  { roles, shapes }: Plan,
  thresholds: ReadonlyMap<string, Float64Array>,
  scales: Scales,
  options: NormalizeOptions,
): Promise<Layer | undefined> {
  const shape = shapes.get(node.name)!
  switch (roles.get(node.name)) {
    case 'weighted':
      return scaledWeights(node, shapes.get(node.inputs[0]!)!, scales.of(node.inputs[0]!), shape, scales.of(node.name))
    case 'neuron': {
      const scale = scales.of(node.name)
      return neuron(node.name, thresholds.get(node.name)!.map((threshold, i) => threshold / scale[i]!), shape, options.initialPotential)
    }
    case 'maxPool':
      return node.layer.kind === 'maxPool' ? spikingMaxPool('spikingMaxPool', node.layer.config) : spikingMaxPool('spikingGlobalMaxPool', {})
    case 'linear':
      return node.layer.kind === 'constant' ? scaledConstant(node, shape, scales.of(node.name)) : undefined
    default:
      return undefined
  }
}

async function scaledWeights(node: NetworkNode, from: Shape, input: Float64Array, to: Shape, output: Float64Array): Promise<Layer> {
  const { weight, bias } = await weightsOf(node.layer)
  const [outputs, fanIn, ...kernel] = weight!.shape
  const taps = kernel.reduce((a, b) => a * b, 1)
  const isConv = node.layer.kind === 'conv'
  // first element of each channel (conv) or feature (linear: the last axis)
  const inner = (shape: Shape): number => (isConv ? sizeOf(shape) / shape[0]! : 1)
  const [innerIn, innerOut] = [inner(from), inner(to)]
  const groups = isConv ? (node.layer.config as { readonly groups: number }).groups : 1
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
async function scaledConstant(node: NetworkNode, shape: Shape, scale: Float64Array): Promise<Layer | undefined> {
  const config = node.layer.config as { readonly function: 'add' | 'sub' | 'mul' | 'div'; readonly swap: boolean }
  if (config.function === 'mul' || config.function === 'div' || scale.every((s) => s === 1)) return undefined
  const { operand } = await weightsOf(node.layer)
  const strides = broadcastStrides(operand!.shape, shape)
  const full = floats(shape, (i) => at(operand!.data, strides(i)) / scale[i]!)
  return constantLayer(config, toVariables({ operand: full }, node.name))
}

/** From the flat index in `to` to that in `from`, which broadcasts to it. */
function broadcastStrides(from: Shape, to: Shape): (index: number) => number {
  return (index) => {
    let rest = index
    let flat = 0
    let step = 1
    for (let axis = 1; axis <= to.length; axis++) {
      const size = to[to.length - axis]!
      const own = from[from.length - axis] ?? 1
      if (own !== 1) flat += (rest % size) * step
      step *= own
      rest = Math.floor(rest / size)
    }
    return flat
  }
}

/** Integrate-and-fire with soft reset; spikes carry the threshold. */
function neuron(name: string, threshold: Float64Array, shape: Shape, initialPotential: number): Layer {
  const first = threshold[0]!
  const common = { reset: 'soft', amplitude: 'threshold' } as const
  if (threshold.every((value) => value === first)) return integrateAndFire({ ...common, threshold: first, initial: { v: first * initialPotential } })
  const inner = sizeOf(shape) / shape[0]!
  const perChannel = threshold.every((value, i) => value === threshold[i - (i % inner)]!)
  const own = perChannel ? [shape[0]!, ...shape.slice(1).map(() => 1)] : shape
  const array = floats(own, (i) => threshold[perChannel ? i * inner : i]!)
  return integrateAndFire({
    ...common,
    threshold: variable(array, { name: `${name}.threshold` }),
    initial: { v: variable(floats(own, (i) => at(array.data, i) * initialPotential), { name: `${name}.initial.v` }) },
  })
}

/** Running means where spikes or currents enter the readout or an analogue layer, and behind a weighted output. */
function addReadouts(draft: Draft, network: Network, roles: Plan['roles'], delay: number): void {
  const counted = (name: string): boolean => roles.get(name) === 'readout'
  for (const { name } of network.nodes) {
    if (counted(name)) continue
    for (const [wanted, suffix, from] of [
      ['readout', 'mean', delay],
      ['analogue', 'rate', 0],
    ] as const) {
      const users = network.nodes.filter((node) => node.inputs.includes(name) && roles.get(node.name) === wanted && roles.get(name) !== 'analogue').map((node) => node.name)
      if (users.length > 0) draft.insertAfter(name, `${name}_${suffix}`, runningMean({ delay: from }), users)
    }
  }
  for (const name of network.outputs) if (!counted(name)) draft.appendOutput(name, `${name}_mean`, runningMean({ delay }))
}
