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
import type { Deployed } from './deploy-model.js'
import { flattenOnHost } from './flatten-on-host.js'
import { inputOnHost } from './input-on-host.js'
import { withLeakyNeurons } from './leaky-neurons.js'
import { measureNetworks, type MeasureOptions } from './measure.js'
import { spikesOf } from './spikes-of.js'
import { otherThresholds, roundingLint } from './rounding-lint.js'
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
    // a layer may be several nodes
    .map(({ node, type, what, fix }) => ({ node: layerOf(chip, node), kind: type, reason: what, fix }))
  if (refused.length > 0)
    throw new SnnError('NIR_UNSUPPORTED', `[deploy] ${readers[reader].title} would not read the file.`, {
      nodes: refused,
    })
}

const layerOf = ({ nodes }: Network, node: string): string =>
  nodes.find(({ name }) => node === name || node.startsWith(`${name}.`))?.name ?? node

/** What goes into the file, behind the host's part where there is one. */
async function partsOf(name: keyof typeof targets, snn: Network): Promise<Parts> {
  const { encoder, cut = (parts) => parts } = targets[name]
  if (encoder) {
    const parts = cut(await splitEncoder(snn))
    return { host: parts.encoder, chip: parts.chip }
  }
  const { host, rest } = inputOnHost(withoutMean(snn))
  return { host, chip: rest }
}

interface Parts {
  readonly host: Network | undefined
  readonly chip: Network
}

async function graphFor(name: keyof typeof targets, network: Network): Promise<NirGraph> {
  const { reader, rewrite = (graph) => graph } = targets[name]
  return adaptNir(rewrite(await toNir(network, { dt, softReset: 'hard', foldBatchNorm: true }), dt), reader, { dt })
}

/** A .nir file, what its reader will make of it, and the same graph run in the reader's steps. */
export async function toNirFile(name: keyof typeof targets, measure: MeasureOptions): Promise<Deployed> {
  const { as, weightBits, encoder: spikesSent } = targets[name]
  const { source } = measure
  const { snn, T, preprocess, labelOffset, metadata } = source
  const { host, chip: whole } = await partsOf(name, snn)
  const hosts = host ? [host] : []
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
      ...(host && {
        'encoder.onnx': await toOnnx(host, {
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
    notes: [
      `The file is in continuous time: its neurons are those of steps of ${dt} s (dt), as its metadata say.`,
      ...(host && !spikesSent
        ? [`What is before '${whole.inputs[0]!.name}' is not in the file but in encoder.onnx, for NIR cannot say it.`]
        : []),
      ...(name === 'nir' ? [readersOf(graph)] : []),
    ],
    spikes: await spikesOf(hosts, again, measure, spikesSent),
    resources: resourcesFor(name, graph),
    warnings: float.warnings,
    lint: [
      ...(quantized ? roundingLint(agreementOf(quantized, float), weightBits!, otherThresholds) : []),
      ...lintsOf(name, graph).map(({ node, effect, what, fix }) => ({ layer: node, effect, what, fix })),
    ],
  }
}

/** What the tools that read NIR make of a file. */
function readersOf(graph: NirGraph): string {
  const all = Object.entries(readers).filter(([reader]) => reader !== 'nir')
  const refusals = all.map(([reader, { title }]) => {
    const rejected = lint(graph, reader as ReaderName, { dt }).filter(
      ({ effect, by }) => effect === 'rejects' && by === 'tool',
    )
    const types = [
      ...new Set(
        rejected.map(({ node, what }) => `${node || 'the graph'} (${what.replace(`${title} does not read `, '')})`),
      ),
    ]
    return { title, types }
  })
  const takers = refusals.filter(({ types }) => types.length === 0).map(({ title }) => title)
  const others = refusals.filter(({ types }) => types.length > 0)
  return `Of the tools that read NIR, ${takers.length === 0 ? 'none takes' : `${takers.join(', ')} take`} this file as it is.${others
    .map(
      ({ title, types: [first, ...more] }) =>
        ` ${title} refuses ${first}${more.length > 0 ? ` and ${more.length} more` : ''}.`,
    )
    .join('')}`
}

/** What the reader makes of the file; what does not fit on its chip is the matter of resources. */
const lintsOf = (name: keyof typeof targets, graph: NirGraph): readonly NirLint[] =>
  lint(graph, targets[name].reader, { dt }).filter(({ by }) => by === 'tool')

/** What the graph needs, against the target's chip alone. */
function resourcesFor(name: keyof typeof targets, graph: NirGraph): NirResources {
  const all = resources(graph, { dt })
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
