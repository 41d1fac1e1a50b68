import { toOnnx } from '@snn/snn-file'
import { splitEncoder, type SplitNetwork } from '@snn/deploy-lava'
import {
  adaptNir,
  fromNir,
  lint,
  readers,
  resources,
  toNir,
  writeNir,
  type DiscretisationName,
  type NirGraph,
  type NirLint,
  type NirResources,
  type ReaderName,
} from '@snn/nir'
import { Network, readoutOf, runningMeanLayer } from '@snn/nn'
import { SnnError } from '@snn/tensor'
import { agreementOf } from './agreement.js'
import type { Deployed, DeploymentLint } from './deploy-model.js'
import { flattenOnHost } from './flatten-on-host.js'
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
  /** That of `resources` which the file is for. */
  readonly chip?: string
  /** The two parts, where the reader wants another cut. */
  readonly cut?: (parts: SplitNetwork) => SplitNetwork
  /** The graph in nodes that the reader has. */
  readonly rewrite?: (graph: NirGraph, dt: number) => NirGraph
}

const targets: Readonly<Record<'nir' | 'speck' | 'xylo', NirTarget>> = {
  nir: { reader: 'nir', as: 'spikingjelly', encoder: false },
  speck: { reader: 'speck', as: 'sinabs', encoder: true, weightBits: 8, chip: 'Speck / DynapCNN' },
  xylo: {
    reader: 'rockpool',
    as: 'rockpool',
    encoder: true,
    weightBits: 8,
    chip: 'Xylo Audio 2',
    cut: flattenOnHost,
    rewrite: withLeakyNeurons,
  },
}

/** Of a step, in seconds. */
const dt = 1e-3

/**
 * Asks before long work whether the target's reader takes the graph of a network.
 *
 * @throws `NIR_UNSUPPORTED` naming each layer that NIR cannot say, or that the reader refuses, with what to do
 */
export async function checkNirTarget(name: keyof typeof targets, snn: Network): Promise<void> {
  const { reader } = targets[name]
  const { chip } = await partsOf(name, snn)
  const refused = lintsOf(name, await graphFor(name, chip))
    .filter(({ effect }) => effect === 'rejects')
    .map(({ node, type, what, fix }) => ({ node, kind: type, reason: what, fix }))
  if (refused.length === 0) return
  const other =
    name === 'nir' ? '' : ` Or take another --target: nir for the file alone, lava for a chip with convolutions.`
  throw new SnnError(
    'NIR_UNSUPPORTED',
    `[deploy] ${readers[reader].title} would not read the file: ${refused.map(({ node, reason, fix }) => `'${node}': ${reason}. ${fix}`).join('\n  ')}${other}`,
    { nodes: refused },
  )
}

/** What goes into the file, behind the host's part where the target has one. */
async function partsOf(
  name: keyof typeof targets,
  snn: Network,
): Promise<{ readonly encoder: Network | undefined; readonly chip: Network }> {
  const { encoder, cut = (parts) => parts } = targets[name]
  return encoder ? cut(await splitEncoder(snn)) : { encoder: undefined, chip: withoutMean(snn) }
}

async function graphFor(name: keyof typeof targets, network: Network): Promise<NirGraph> {
  const { reader, rewrite = (graph) => graph } = targets[name]
  return adaptNir(rewrite(await toNir(network, { dt, softReset: 'hard', foldBatchNorm: true }), dt), reader, { dt })
}

/** A .nir file, what its reader will make of it, and the same graph run in the reader's steps. */
export async function toNirFile(name: keyof typeof targets, measure: MeasureOptions): Promise<Deployed> {
  const { as, weightBits } = targets[name]
  const { source } = measure
  const { snn, T, preprocess, labelOffset, metadata } = source
  const { encoder, chip: whole } = await partsOf(name, snn)
  const hosts = encoder ? [encoder] : []
  const readout = whole.metadata.readout ?? readoutOf(whole)
  const float = await measureNetworks('float', [snn], snn.metadata.readout!, measure)
  const rounded = weightBits === undefined ? undefined : await roundedWeights(whole, weightBits)
  const quantized = rounded && (await measureNetworks('quantised', [...hosts, rounded], readout, measure))
  const graph = await graphFor(name, rounded ?? whole)
  const again = fromNir(graph, { dt, as })
  const simulated = await measureNetworks('nir', [...hosts, again], readout, measure)
  return {
    files: {
      'network.nir': await writeNir({ ...graph, metadata: { ...graph.metadata, dt, T } }),
      ...(encoder && {
        'encoder.onnx': await toOnnx(encoder, {
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
    notes: [`The file is in continuous time: its neurons are those of steps of ${dt} s (dt), as its metadata say.`],
    spikes: await spikesOf(hosts, again, measure),
    resources: resourcesFor(name, graph),
    lint: [
      ...(quantized ? roundingLint(agreementOf(quantized, float), weightBits!) : []),
      ...lintsOf(name, graph).map(({ node, effect, what, fix }) => ({ layer: node, effect, what, fix })),
    ],
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

/** What the reader makes of the file; what does not fit on its chip is the matter of resources. */
function lintsOf(name: keyof typeof targets, graph: NirGraph): readonly NirLint[] {
  const misfits = resourcesFor(name, graph).chips.flatMap(({ problems }) => problems)
  return lint(graph, targets[name].reader, { dt }).filter(
    ({ node, what }) => !misfits.some((problem) => problem.layer === node && problem.what === what),
  )
}

/** What the graph needs, against the target's chip alone. */
function resourcesFor(name: keyof typeof targets, graph: NirGraph): NirResources {
  const all = resources(graph)
  return { ...all, chips: all.chips.filter(({ chip }) => chip === targets[name].chip) }
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
