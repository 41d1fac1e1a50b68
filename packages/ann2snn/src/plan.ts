import { sampleShapes, type Layer, type Network, type NetworkNode } from '@snn/nn'
import { SnnError, type Shape } from '@snn/tensor'

/**
 * What becomes of each layer of the ANN:
 * - `weighted`: convolutions and linear layers; scales are absorbed in their weights.
 * - `neuron`: ReLU and Clip from 0, which become integrate-and-fire.
 * - `linear`: passes currents or spikes on as they are.
 * - `maxPool`: becomes the change of the maximum of what has been accumulated.
 * - `analogue`: kept as it is, on running means.
 * - `readout`: behind the last weighted layer, computed on the accumulated output.
 */
export type Role = 'weighted' | 'neuron' | 'linear' | 'maxPool' | 'analogue' | 'readout'

export interface Plan {
  readonly network: Network
  readonly roles: ReadonlyMap<string, Role>
  /** Shape of one sample at every node and input. */
  readonly shapes: ReadonlyMap<string, Shape>
  /** Multiply-accumulates of one sample, for each weighted layer. */
  readonly macs: ReadonlyMap<string, number>
}

const linearKinds = new Set(['add', 'averagePool', 'concat', 'flatten', 'globalAveragePool', 'pad', 'reshape', 'slice', 'transpose'])

function roleOf({ layer }: NetworkNode): Role | undefined {
  const { kind } = layer
  const config = layer.config as { readonly low?: number | null; readonly high?: number | null; readonly value?: number; readonly function?: string; readonly swap?: boolean }
  if (kind === 'conv' || kind === 'linear') return 'weighted'
  if (kind === 'relu' || (kind === 'clip' && config.low === 0 && (config.high ?? 1) > 0)) return 'neuron'
  if (kind === 'maxPool' || kind === 'globalMaxPool') return 'maxPool'
  if (kind === 'pad') return config.value === 0 ? 'linear' : undefined
  if (kind === 'constant') {
    const affine = config.function === 'add' || config.function === 'sub' || config.function === 'mul' || (config.function === 'div' && !config.swap)
    return affine ? 'linear' : undefined
  }
  if (kind === 'reduce') return config.function === 'mean' || config.function === 'sum' ? 'linear' : undefined
  return linearKinds.has(kind) ? 'linear' : undefined
}

/** Assigns roles. Layers that rate coding cannot carry are listed in one `CONVERT_UNSUPPORTED`, or kept analogue. */
export function planConversion(network: Network, unsupported: 'error' | 'keep'): Plan {
  const shapes = sampleShapes(network)
  const behind = readoutNodes(network)
  const roles = new Map<string, Role>()
  const refused: { readonly name: string; readonly kind: string; readonly reason: string; readonly fix: string }[] = []
  for (const node of network.nodes) {
    const role = behind.has(node.name) ? 'readout' : roleOf(node)
    if (!role && unsupported === 'error') {
      refused.push({
        name: node.name,
        kind: describe(node.layer),
        reason: 'rate coding carries ReLU, Clip from 0, linear layers and pooling only',
        fix: "retrain with ReLU, or convert with unsupported: 'keep' to leave it analogue",
      })
    }
    roles.set(node.name, role ?? 'analogue')
  }
  if (refused.length > 0) {
    throw new SnnError(
      'CONVERT_UNSUPPORTED',
      `[convert] ${refused.length} layers cannot become spiking: ${refused.map(({ name, kind }) => `'${name}' (${kind})`).join(', ')}; expected ReLU, Clip from 0, convolution, linear layers, pooling, Add and reshaping. ` +
        `Retrain with ReLU, or leave them analogue with unsupported: 'keep'.`,
      { layers: refused },
    )
  }
  const macs = new Map(network.nodes.filter(({ name }) => roles.get(name) === 'weighted').map((node) => [node.name, macsOf(node, shapes.get(node.name)!)]))
  if (macs.size === 0) {
    throw new SnnError('CONVERT_UNSUPPORTED', '[convert] the network has no convolution or linear layer, expected at least one. There is nothing to convert.', { layers: [] })
  }
  return { network, roles, shapes, macs }
}

/** What a user would call the layer: its kind, or the function it computes. */
export function describe(layer: Layer): string {
  const config = layer.config as { readonly function?: unknown }
  return typeof config.function === 'string' ? config.function : layer.kind
}

/** Nodes with no weighted layer at or behind them. */
function readoutNodes(network: Network): Set<string> {
  const ahead = new Set<string>()
  for (const node of [...network.nodes].reverse()) {
    const weighted = node.layer.kind === 'conv' || node.layer.kind === 'linear'
    if (weighted || ahead.has(node.name)) {
      ahead.add(node.name)
      for (const name of node.inputs) ahead.add(name)
    }
  }
  return new Set(network.nodes.map(({ name }) => name).filter((name) => !ahead.has(name)))
}

/** Output elements times inputs of each: weight elements per output channel. */
function macsOf({ layer }: NetworkNode, output: Shape): number {
  const [, ...fanIn] = layer.variables['weight']!.shape
  return [...output, ...fanIn].reduce((a, b) => a * b, 1)
}

/** The weighted layers whose input is made of spikes, not of the image or of analogue layers. */
export function spikingInputs({ network, roles }: Plan): Set<string> {
  const spiking = new Set<string>()
  for (const node of network.nodes) {
    const role = roles.get(node.name)!
    const carries = role === 'neuron' || ((role === 'linear' || role === 'maxPool') && node.inputs.every((name) => spiking.has(name)))
    if (carries) spiking.add(node.name)
  }
  return new Set(network.nodes.filter((node) => roles.get(node.name) === 'weighted' && node.inputs.every((name) => spiking.has(name))).map(({ name }) => name))
}
