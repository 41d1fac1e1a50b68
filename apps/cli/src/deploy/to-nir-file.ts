import { toOnnx } from '@snn/snn-file'
import { splitEncoder } from '@snn/deploy-lava'
import { fromNir, lint, toNir, writeNir, type DiscretisationName, type NirGraph, type ReaderName } from '@snn/nir'
import { Network, readoutOf, runningMeanLayer } from '@snn/nn'
import { agreementOf } from './agreement.js'
import type { Deployed, DeploymentLint } from './deploy-model.js'
import { withLeakyNeurons } from './leaky-neurons.js'
import { measureNetworks, type MeasureOptions } from './measure.js'
import { spikesOf } from './spikes-of.js'
import { roundedWeights } from './rounded-weights.js'

interface NirTarget {
  readonly reader: ReaderName
  /** Whose steps the file is simulated in. */
  readonly as: DiscretisationName
  /** Whether it takes spikes, and the first layer is the host's. */
  readonly encoder: boolean
  readonly weightBits?: number
  /** The graph in nodes that the reader has. */
  readonly rewrite?: (graph: NirGraph, dt: number) => NirGraph
}

const targets: Readonly<Record<'nir' | 'speck' | 'xylo', NirTarget>> = {
  nir: { reader: 'nir', as: 'spikingjelly', encoder: false },
  speck: { reader: 'speck', as: 'sinabs', encoder: true, weightBits: 8 },
  xylo: { reader: 'rockpool', as: 'rockpool', encoder: true, weightBits: 8, rewrite: withLeakyNeurons },
}

/** Of a step, in seconds. */
const dt = 1e-3

/** The graph of what goes to the target, the host's part cut off where there is one. */
export async function graphOf(name: keyof typeof targets, snn: Network): Promise<NirGraph> {
  return await graphFor(name, targets[name].encoder ? (await splitEncoder(snn)).chip : withoutMean(snn))
}

async function graphFor(name: keyof typeof targets, network: Network): Promise<NirGraph> {
  const { rewrite = (graph) => graph } = targets[name]
  return rewrite(await toNir(network, { dt, softReset: 'hard', foldBatchNorm: true }), dt)
}

/** A .nir file, what its reader will make of it, and the same graph run in the reader's steps. */
export async function toNirFile(name: keyof typeof targets, measure: MeasureOptions): Promise<Deployed> {
  const { reader, as, encoder: cut, weightBits } = targets[name]
  const { source } = measure
  const { snn, T, preprocess, labelOffset, metadata } = source
  const parts = cut ? await splitEncoder(snn) : undefined
  const whole = parts?.chip ?? withoutMean(snn)
  const hosts = parts ? [parts.encoder] : []
  const readout = whole.metadata.readout ?? readoutOf(whole)
  const float = await measureNetworks('float', [snn], snn.metadata.readout!, measure)
  const rounded = weightBits === undefined ? undefined : await roundedWeights(whole, weightBits)
  const quantized = rounded && (await measureNetworks('quantised', [...hosts, rounded], readout, measure))
  const graph = await graphFor(name, rounded ?? whole)
  const again = fromNir(graph, { dt, as })
  const simulated = await measureNetworks('nir', [...hosts, again], readout, measure)
  return {
    files: {
      'network.nir': await writeNir(graph),
      ...(parts && {
        'encoder.onnx': await toOnnx(parts.encoder, {
          ...metadata,
          ...(preprocess && { preprocess }),
          ...(labelOffset !== 0 && { labelOffset }),
          T,
        }),
      }),
    },
    rows: [
      { network: 'float SNN', accuracy: float.accuracy },
      ...(quantized
        ? [
            {
              network: `quantised SNN, ${weightBits} bits`,
              accuracy: quantized.accuracy,
              agreement: agreementOf(quantized, float),
            },
          ]
        : []),
      {
        network: `the .nir file in the steps of ${as}`,
        accuracy: simulated.accuracy,
        agreement: agreementOf(simulated, float),
      },
    ],
    spikes: await spikesOf(hosts, again, measure),
    lint: [...(quantized ? roundingLint(agreementOf(quantized, float), weightBits!) : []), ...lintsOf(graph, reader)],
  }
}

/** Share of samples that rounding may give another class without a word. */
const tolerated = 0.05

/** What rounding does to the classes of `same` of the samples left as they were, where that is more than a little. */
export function roundingLint(same: number, bits: number): DeploymentLint[] {
  if (same >= 1 - tolerated) return []
  const what = `rounding to ${bits} bits gives ${(100 * (1 - same)).toFixed(0)} % of the samples another class: a layer has one step for all its weights, and few of them are far larger than the others`
  return [
    {
      layer: '',
      effect: 'warning',
      what,
      fix: 'Convert with thresholds of whole layers, --mode 99.9% or --mode max, or with --weights keep.',
    },
  ]
}

function lintsOf(graph: NirGraph, reader: ReaderName): DeploymentLint[] {
  return lint(graph, reader, { dt }).map(({ node, effect, what, fix }) => ({ layer: node, effect, what, fix }))
}

/** A converted network without the mean over time at its end: its outputs are summed by whoever reads them. */
function withoutMean(network: Network): Network {
  const mean = network.nodes.find(({ name, layer }) => runningMeanLayer.is(layer) && network.outputs.includes(name))
  if (!mean) return network
  return new Network({
    inputs: network.inputs,
    nodes: network.nodes.filter((node) => node !== mean),
    outputs: network.outputs.map((name) => (name === mean.name ? mean.inputs[0]! : name)),
    metadata: { ...network.metadata, readout: { by: 'mean' } },
  })
}
