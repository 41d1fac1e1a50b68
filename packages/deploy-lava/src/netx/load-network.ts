import { sameShape, sizeOf, SnnError } from '@snn/tensor'
import { checkByRules, isList, optionRule, type OptionRule, type OptionRules } from '@snn/tensor/library'
import { checkNet } from '../net/check-net.js'
import type { NetFile } from '../net/net-file.js'
import type { PerNeuron } from '../sim/process.js'
import type { NamedProcess, ProcessGraph } from '../sim/process-graph.js'
import { layerValues, type LayerValues } from './layer-values.js'
import { loadNeuron } from './neuron.js'
import { refuse } from './refuse.js'
import { loadConv, loadDense, type LoadedSynapse } from './synapse.js'

/** What `lava.lib.dl.netx.hdf5.Network` is given beside the file, with its defaults. */
export interface NetworkOptions {
  /** Layers of the file that are looked at. Default null: all. */
  readonly numLayers?: number | null
  /** Layers of the file, input and flatten included, that are left out at the start. Default 0. */
  readonly skipLayers?: number
  /** Bits of a value that the source sends. Default 0: spikes, whatever is not 0 counts as 1. */
  readonly inputMessageBits?: number
  /** [C, H, W] where the first layer is a convolution. Default null: from an `input` layer. */
  readonly inputShape?: readonly number[] | null
  /** Steps after which LIF neurons are cleared. Default null: never. */
  readonly resetInterval?: number | null
  /** Default 0. */
  readonly resetOffset?: number
  /** Binary places of values that sigma-delta neurons send. Default 6. */
  readonly spikeExponent?: number
  /**
   * Constant bias mantissa of the neurons of the input layer, one or one each (C, H, W): the other way to drive them.
   * Default 0.
   */
  readonly inputBias?: PerNeuron
}

const { number } = optionRule

const orNull = ({ takes, expected }: OptionRule): OptionRule => ({
  takes: (value) => value === null || takes(value),
  expected: `${expected}, or null`,
})

export const networkRules: OptionRules<NetworkOptions> = {
  numLayers: orNull(number),
  skipLayers: number,
  inputMessageBits: number,
  inputShape: orNull({ takes: Array.isArray, expected: '[C, H, W]' }),
  resetInterval: orNull(number),
  resetOffset: number,
  spikeExponent: number,
  inputBias: {
    takes: (value) => number.takes(value) || (isList(value) && value.every(number.takes)),
    expected: 'a number, or one for each neuron',
  },
}

/** A layer that Lava builds: neurons, and the synapses that drive them. */
export interface Block {
  /** The group of the file. */
  readonly layer: string
  /** Names of processes. An input layer has no synapses. */
  readonly synapses: readonly string[]
  readonly neuron: string
  /** C, H, W or [N]. */
  readonly shape: readonly number[]
}

/** The processes of a `.net` file, and which of them belong to which layer. */
export interface LoadedNetwork extends ProcessGraph {
  readonly blocks: readonly Block[]
  /**
   * How the source drives the network: the first synapse, or, where the file begins with an input layer, its neurons.
   */
  readonly inputPort: 'synapse' | 'neuron'
}

/**
 * The Lava processes that lava-dl's loader (`netx.hdf5.Network`) makes of a `.net` file: layer i as `layer<i>.synapse`
 * and `layer<i>.neuron`. Weights are cut toward zero, optimised for the synapse, and everything that the loader changes
 * without saying is changed likewise. An input layer is driven at its neurons; `Network.inp` of Lava is not connected
 * to them.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer, for whatever the loader or Lava itself fails on
 */
export function loadNetwork(net: NetFile, options: NetworkOptions = {}): LoadedNetwork {
  checkNet('loadNetwork', net)
  checkByRules('loadNetwork', options, networkRules)
  const all: Required<NetworkOptions> = {
    numLayers: null,
    skipLayers: 0,
    inputMessageBits: 0,
    inputShape: null,
    resetInterval: null,
    resetOffset: 0,
    spikeExponent: 6,
    inputBias: 0,
    ...options,
  }
  checkOptions(all)
  const processes: NamedProcess[] = []
  const connections: [string, string][] = []
  const blocks: Block[] = []
  let inputShape = all.inputShape
  let messageBits = all.inputMessageBits
  let flattened = false
  let sourceShape: readonly number[] | undefined

  net.layers.slice(0, all.numLayers ?? undefined).forEach((layer, i) => {
    const values = layerValues(layer, `/layer/${i}`)
    const skipped = i < all.skipLayers
    const previous = blocks.at(-1)
    if (layer.kind === 'flatten') {
      flattened = true
      return
    }
    if (layer.kind === 'input' && !values.has('neuron')) {
      if (values.has('shape')) inputShape = values.shape()
      return
    }
    checkKind(values)
    const shape = layer.kind.startsWith('dense') ? [sizeOf(values.shape())] : values.shape()
    if (layer.kind === 'input') checkInput(values, previous)
    const { process, messageBits: sent } = loadNeuron(values, shape, blocks.length, all)
    const synapses = synapsesOf(values, shape, previous?.shape ?? inputShape, messageBits)
    messageBits = sent
    if (skipped) {
      // A skipped dense layer gives its shape to nobody.
      if (layer.kind !== 'dense' && layer.kind !== 'dense_rec') inputShape = shape
      else flattened = false
      return
    }
    if (previous) checkChain(values, previous, flattened, synapses)
    if (layer.kind !== 'conv') flattened = false
    const name = `layer${blocks.length}`
    const neuron = `${name}.neuron`
    const forward = synapses.filter(({ suffix }) => suffix !== 'recurrent')
    sourceShape ??=
      forward.length === 0
        ? shape
        : forward[0]!.process.type === 'Conv'
          ? forward[0]!.process.input_shape
          : [forward[0]!.process.shape[1]]
    for (const { suffix, port, process: synapse } of synapses) {
      processes.push({ name: `${name}.${suffix}`, process: synapse })
      connections.push(
        [suffix === 'recurrent' ? neuron : (previous?.neuron ?? 'input'), `${name}.${suffix}.s_in`],
        [`${name}.${suffix}`, `${neuron}.${port}`],
      )
    }
    processes.push({ name: neuron, process })
    if (forward.length === 0) connections.push(['input', `${neuron}.a_in`])
    blocks.push({ layer: `layer/${i}`, synapses: synapses.map(({ suffix }) => `${name}.${suffix}`), neuron, shape })
  })
  if (!sourceShape)
    throw new SnnError(
      'ARGUMENT',
      `[loadNetwork] no layer is left of ${net.layers.length}, expected at least one. Change numLayers or skipLayers.`,
      { name: 'skipLayers', value: all.skipLayers },
    )
  return {
    inputShape: sourceShape,
    processes,
    connections,
    blocks,
    inputPort: blocks[0]!.synapses.length === 0 ? 'neuron' : 'synapse',
  }
}

function checkOptions({
  numLayers,
  skipLayers,
  inputMessageBits,
  inputShape,
  resetInterval,
  resetOffset,
  spikeExponent,
}: Required<NetworkOptions>): void {
  const whole = (name: string, value: number | null, least: number, most = 2 ** 31): void => {
    if (value !== null && !(Number.isInteger(value) && value >= least && value <= most))
      throw new SnnError(
        'ARGUMENT',
        `[loadNetwork] ${name} is ${value}, expected a whole number from ${least}${most < 2 ** 31 ? ` to ${most}` : ''}.`,
        { name, value },
      )
  }
  whole('numLayers', numLayers, 1)
  whole('skipLayers', skipLayers, 0)
  whole('inputMessageBits', inputMessageBits, 0, 32)
  whole('resetInterval', resetInterval, 1)
  whole('resetOffset', resetOffset, 0)
  if (resetOffset !== 0 && resetInterval === null)
    throw new SnnError(
      'ARGUMENT',
      `[loadNetwork] resetOffset ${resetOffset} without resetInterval, expected the steps between resets, too: alone it would do nothing. Give resetInterval, or leave it out.`,
      { name: 'resetOffset', value: resetOffset },
    )
  whole('spikeExponent', spikeExponent, 0, 24)
  inputShape?.forEach((n) => whole('inputShape', n, 1))
}

function checkKind({ name, kind }: LayerValues): void {
  if (['input', 'dense', 'dense_rec', 'conv'].includes(kind)) return
  const fix =
    kind === 'pool'
      ? 'Write sum pooling as a convolution with equal weights, stride and groups.'
      : kind === 'dense_comp'
        ? 'Write a dense layer with weight/real and weight/imag.'
        : 'Use input, dense, dense_rec, conv and flatten.'
  throw refuse(name, kind, `the loader does not take layers of kind '${kind}'`, fix)
}

function checkInput(values: LayerValues, previous: Block | undefined): void {
  if (previous)
    throw refuse(
      values.name,
      'input',
      'neurons of an input layer behind other layers, to which nothing is connected',
      'Put the input layer first.',
    )
  if (values.text('neuron/type').includes('RF'))
    throw refuse(values.name, 'input', 'resonators as input', 'Put them behind a dense layer.')
  for (const path of ['weight', 'bias']) {
    if (values.has(path) && values.need(path).data.length !== 1)
      throw refuse(values.name, 'input', `${path} holds ${values.need(path).data.length} numbers`, 'Write one.')
  }
}

function synapsesOf(
  values: LayerValues,
  shape: readonly number[],
  inputShape: readonly number[] | null,
  messageBits: number,
): readonly LoadedSynapse[] {
  if (values.kind === 'input') return []
  if (values.kind !== 'conv') return loadDense(values, shape[0]!, messageBits)
  if (!inputShape)
    throw refuse(
      values.name,
      'conv',
      'the shape of what it takes is not known',
      'Begin with an input layer that has a shape, or give inputShape.',
    )
  return [loadConv(values, inputShape, shape, messageBits)]
}

/** Whether a layer fits behind the one before it. */
function checkChain(
  { name, kind }: LayerValues,
  previous: Block,
  flattened: boolean,
  [first]: readonly LoadedSynapse[],
): void {
  const process = first!.process
  if (process.type === 'Conv') {
    if (!sameShape(process.input_shape, previous.shape))
      throw refuse(
        name,
        kind,
        `it takes [${process.input_shape.join(',')}], but [${previous.shape.join(',')}] comes`,
        'Correct the shapes.',
      )
    return
  }
  const inputs = process.shape[1]
  if (flattened && previous.shape.length !== 3)
    throw refuse(name, kind, `a flatten of [${previous.shape.join(',')}]`, 'Leave the flatten layer out.')
  if (!flattened && previous.shape.length !== 1)
    throw refuse(
      name,
      kind,
      `it takes ${inputs} values, but [${previous.shape.join(',')}] comes`,
      'Put a flatten layer between.',
    )
  if (sizeOf(previous.shape) !== inputs)
    throw refuse(name, kind, `it takes ${inputs} values, but ${sizeOf(previous.shape)} come`, 'Correct the shapes.')
}
