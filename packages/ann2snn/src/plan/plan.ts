import {
  clipLayer,
  constantLayer,
  globalMaxPoolLayer,
  isStateful,
  matmulLayer,
  maxPoolLayer,
  sampleShapes,
  traitsOf,
  type Layer,
  type Network,
  type NetworkNode,
} from '@snn/nn'
import { isSnnError, sizeOf, SnnError, type Shape } from '@snn/tensor'
import { binary } from '../codes/binary.js'
import { rectifiers, type Code, type CodeName } from '../codes/code.js'
import { codes } from '../codes/table.js'
import { depthsOf, domainsOf, type Domain } from './domains.js'
import { isWeighted } from '../prepare/weighted.js'

/**
 * What becomes of each layer of the ANN:
 * - `weighted`: convolutions and linear layers; scales are absorbed in their weights.
 * - `neuron`: activations that the code's neurons have: ReLU and Clip from 0, in graded codes LeakyReLU, PReLU and any
 *   Clip.
 * - `linear`: passes currents or spikes on as they are.
 * - `maxPool`: becomes the change of the maximum of what has been accumulated.
 * - `analogue`: computed as it is, on running means or, in codes that carry functions, on sums of changes.
 * - `input`: before the first weighted layer, computed once on the input, which does not change.
 * - `readout`: behind the last weighted layer, computed on the accumulated output.
 */
export type Role = 'weighted' | 'neuron' | 'linear' | 'maxPool' | 'analogue' | 'input' | 'readout'

export interface ConversionPlan {
  readonly network: Network
  readonly code: Code
  readonly roles: ReadonlyMap<string, Role>
  readonly domains: ReadonlyMap<string, Domain>
  /** Layers of neurons before each input and node. */
  readonly depths: ReadonlyMap<string, number>
  /** Shape of one sample at every node and input. */
  readonly shapes: ReadonlyMap<string, Shape>
  /** Multiply-accumulates of one sample, for each weighted layer and each product of activations. */
  readonly macs: ReadonlyMap<string, number>
}

function isNeuron(layer: Layer, { neurons }: Code): boolean {
  if (!neurons.has(layer.kind)) return false
  // rates are not negative
  return !clipLayer.is(layer) || neurons !== rectifiers || (layer.config.low === 0 && (layer.config.high ?? 1) > 0)
}

/** Of a node between weighted layers. */
function roleOf({ layer }: NetworkNode, code: Code): Role | undefined {
  if (isNeuron(layer, code)) return 'neuron'
  if (maxPoolLayer.is(layer) || globalMaxPoolLayer.is(layer)) return 'maxPool'
  const traits = isStateful(layer) ? undefined : traitsOf(layer)
  if (!traits || traits.reach === 'sequence') return undefined
  // a summand or a factor for each value; other arrays would have to take scales in
  const passes =
    traits.linear === 'sum' || traits.linear === 'movement' || (traits.linear === 'weights' && constantLayer.is(layer))
  return passes ? 'linear' : undefined
}

/** The role of each node; none where the code has nothing for it. */
function rolesIn(network: Network, code: Code): Map<string, Role | undefined> {
  const [before, behind] = [inputNodes(network), readoutNodes(network)]
  return new Map(
    network.nodes.map((node) => [
      node.name,
      isWeighted(node.layer)
        ? 'weighted'
        : before.has(node.name)
          ? 'input'
          : behind.has(node.name)
            ? 'readout'
            : roleOf(node, code),
    ]),
  )
}

/** Whether the whole network becomes spiking in a code: nothing is left over, and something spikes. */
function carries(network: Network, code: Code): boolean {
  const roles = [...rolesIn(network, code).values()]
  return roles.includes('neuron') && (code.functions || !roles.includes(undefined))
}

/** Assigns roles. Layers that the code cannot carry are listed in one `CONVERT_UNSUPPORTED`, or kept analogue. */
export function planConversion(network: Network, unsupported: 'error' | 'keep', code: Code = binary): ConversionPlan {
  const shapes = sampleShapes(network)
  const found = rolesIn(network, code)
  const refused = code.functions || unsupported === 'keep' ? [] : network.nodes.filter(({ name }) => !found.get(name))
  if (refused.length > 0) {
    const others = carrying(network)
    const fixes = [
      ...(others ? [`use the code ${others}, which carries them`] : []),
      'retrain with ReLU',
      ...([...found.values()].includes('neuron')
        ? ["leave them analogue with unsupported: 'keep' (--unsupported keep)"]
        : []),
    ].join(', or ')
    throw new SnnError(
      'CONVERT_UNSUPPORTED',
      `[convert] ${refused.length} layers cannot become spiking in the code '${code.name}': ${listed(refused)}; expected ReLU, Clip from 0, convolution, linear layers, pooling, Add and reshaping. To go on: ${fixes}.`,
      {
        layers: refused.map(({ name, layer }) => ({
          name,
          kind: describe(layer),
          reason: `the code '${code.name}' carries ${activationsOf(code)}, linear layers and pooling only`,
          fix: fixes,
        })),
      },
    )
  }
  const roles = new Map([...found].map(([name, role]) => [name, role ?? 'analogue']))
  const macs = new Map(
    network.nodes
      .filter(({ name, layer }) => roles.get(name) === 'weighted' || matmulLayer.is(layer))
      .map((node) => [node.name, macsOf(node, shapes)]),
  )
  return { network, code, roles, domains: domainsOf(network, roles), depths: depthsOf(network, roles), shapes, macs }
}

/** Throws `CONVERT_UNSUPPORTED` for a network in which nothing would spike. */
export function checkSpiking({ network, code, roles }: ConversionPlan): void {
  if ([...roles.values()].includes('neuron')) return
  const others = carrying(network)
  const analogue = network.nodes.filter(({ name }) => roles.get(name) === 'analogue')
  const outside = network.nodes.filter(({ layer }) => isNeuron(layer, code))
  const why = [
    ...(analogue.length > 0 ? [`, and ${listed(analogue)} would be computed as they are`] : []),
    ...(outside.length > 0
      ? [
          `: ${listed(outside)} ${outside.length === 1 ? 'is' : 'are'} before the first or behind the last layer with weights, where no spikes are`,
        ]
      : []),
  ].join('')
  const fix = `${others ? `use the code ${others}, or ` : ''}retrain with ${outside.length > 0 ? 'a hidden layer of ReLU' : 'ReLU'} between two of them`
  throw new SnnError(
    'CONVERT_UNSUPPORTED',
    `[convert] no layer of the network becomes neurons in the code '${code.name}'${why}; expected at least one ${activationsOf(code)} between two convolutions or linear layers: nothing would spike. To go on: ${fix}.`,
    {
      layers: analogue.map(({ name, layer }) => ({
        name,
        kind: describe(layer),
        reason: 'it would be computed as it is, and nothing else spikes',
        fix,
      })),
    },
  )
}

/** Why conversion refuses a network in a code, or undefined where it takes it. */
export function refusalOf(network: Network, code: Code = binary): SnnError | undefined {
  try {
    checkSpiking(planConversion(network, 'error', code))
    return undefined
  } catch (error) {
    if (isSnnError(error, 'CONVERT_UNSUPPORTED')) return error
    throw error
  }
}

/** The codes in which the whole network becomes spiking. */
export function codesFor(network: Network): readonly CodeName[] {
  return Object.values(codes)
    .filter((code) => carries(network, code))
    .map(({ name }) => name)
}

function carrying(network: Network): string {
  return codesFor(network)
    .map((name) => `'${name}'`)
    .join(' or ')
}

function activationsOf({ neurons }: Code): string {
  return neurons === rectifiers ? 'ReLU, Clip from 0' : 'ReLU, Clip, LeakyReLU'
}

function listed(nodes: readonly NetworkNode[]): string {
  return nodes.map(({ name, layer }) => `'${name}' (${describe(layer)})`).join(', ')
}

/** What a user would call the layer: its kind, or the function it computes. */
export function describe(layer: Layer): string {
  const config = layer.config as { readonly function?: unknown }
  return typeof config.function === 'string' ? config.function : layer.kind
}

/** Nodes with no weighted layer at or before them. */
function inputNodes(network: Network): Set<string> {
  const found = new Set(network.inputs.map(({ name }) => name))
  for (const node of network.nodes)
    if (!isWeighted(node.layer) && node.inputs.every((name) => found.has(name))) found.add(node.name)
  return found
}

/** Nodes with no weighted layer at or behind them. */
function readoutNodes(network: Network): Set<string> {
  const ahead = new Set<string>()
  for (const node of [...network.nodes].reverse()) {
    if (isWeighted(node.layer) || ahead.has(node.name)) {
      ahead.add(node.name)
      for (const name of node.inputs) ahead.add(name)
    }
  }
  return new Set(network.nodes.map(({ name }) => name).filter((name) => !ahead.has(name)))
}

/** Values of the output times what each of them adds up. */
function macsOf({ layer, name, inputs }: NetworkNode, shapes: ReadonlyMap<string, Shape>): number {
  return sizeOf(shapes.get(name)!) * traitsOf(layer)!.fanIn(inputs.map((from) => shapes.get(from)!))
}

/** Multiply-accumulates of one sample. */
export function totalMacs({ macs }: ConversionPlan): number {
  return [...macs.values()].reduce((a, b) => a + b, 0)
}

export function parameterCount(network: Network): number {
  return Object.values(network.variables()).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
}

/** The weighted layers whose input is made of spikes, not of the image or of analogue layers. */
export function spikingInputs({ network, roles }: ConversionPlan): Set<string> {
  const spiking = new Set<string>()
  for (const node of network.nodes) {
    const role = roles.get(node.name)!
    const carries =
      role === 'neuron' || ((role === 'linear' || role === 'maxPool') && node.inputs.every((name) => spiking.has(name)))
    if (carries) spiking.add(node.name)
  }
  return new Set(
    network.nodes
      .filter((node) => roles.get(node.name) === 'weighted' && node.inputs.every((name) => spiking.has(name)))
      .map(({ name }) => name),
  )
}
