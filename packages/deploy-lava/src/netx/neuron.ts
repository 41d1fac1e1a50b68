import { atan2 } from '../sim/accurate-trigonometry.js'
import { resonatorDecays } from '../sim/processes/resonate-and-fire.js'
import type { PerNeuron } from '../sim/process.js'
import type { Neuron } from '../sim/process-graph.js'
import { broadcastToNeurons } from './broadcast.js'
import type { LayerValues } from './layer-values.js'
import type { NetworkOptions } from './load-network.js'
import { refuse } from './refuse.js'

export interface LoadedNeuron {
  readonly process: Neuron
  /** Whether values are sent, in so many bits, or spikes (0). */
  readonly messageBits: number
}

/** Scale of what sigma-delta neurons and resonators keep. */
const stateExponent = 6
/** Bits of the decays of resonators. */
const decayBits = 12

/**
 * The neurons of a layer, as `Network.get_neuron_params` reads the group `neuron`. Refractory delay, graded spikes and
 * everything else in it are not looked at. `index` counts the layers that were built: a network is reset layer after
 * layer.
 */
export function loadNeuron(
  values: LayerValues,
  shape: readonly number[],
  index: number,
  options: Required<NetworkOptions>,
): LoadedNeuron {
  const { name, kind } = values
  if (!values.has('neuron')) {
    if (kind !== 'dense' && kind !== 'dense_rec')
      throw refuse(name, kind, 'there is no neuron group', 'Write neuron/type and its parameters.')
    // A pure integrator, whose threshold lies beyond its range.
    return { process: lif(values, shape, { du: -1, dv: 4096, vth: 131072 }, index, options), messageBits: 0 }
  }
  const type = values.text('neuron/type')
  if (values.has('neuron/messageBits'))
    throw refuse(
      name,
      kind,
      'neuron/messageBits, which makes the loader fail',
      'Leave it out: SDNN neurons send 16 bits, others spikes.',
    )
  if (type === 'LOIHI' || type === 'CUBA') {
    const decay = (path: string, less: number): PerNeuron => perNeuron(values, path, shape, less)
    const process = lif(
      values,
      shape,
      {
        du: decay('neuron/iDecay', 1),
        dv: decay('neuron/vDecay', 0),
        vth: perNeuron(values, 'neuron/vThMant', shape, 0),
      },
      index,
      options,
    )
    return { process, messageBits: 0 }
  }
  if (type === 'SDNN') return { process: sigmaDelta(values, shape, options), messageBits: 16 }
  if (type.includes('RF')) {
    if (!values.has('weight/imag'))
      throw refuse(
        name,
        kind,
        `${type} neurons behind a real weight`,
        'Write weight/real and weight/imag of a dense layer.',
      )
    const vth = Math.trunc(one(values, 'neuron/vThMant') * 2 ** stateExponent)
    return {
      process: {
        type: type.includes('PHASE') ? 'RF' : 'RF_IZ',
        shape,
        ...resonators(values, shape),
        vth,
        state_exp: stateExponent,
        decay_bits: decayBits,
      },
      messageBits: 0,
    }
  }
  throw refuse(
    name,
    kind,
    `neurons of type '${type}', which the loader does not know`,
    'Use CUBA, LOIHI, SDNN, RF_PHASE or RF_IZHIKEVICH.',
  )
}

function lif(
  values: LayerValues,
  shape: readonly number[],
  decays: { readonly du: PerNeuron; readonly dv: PerNeuron; readonly vth: PerNeuron },
  index: number,
  { resetInterval, resetOffset, inputBias }: Required<NetworkOptions>,
): Neuron {
  const bias = values.kind === 'input' ? inputBias : values.has('bias') ? biasOf(values, shape) : 0
  const dynamics = { shape, ...decays, bias_mant: bias, bias_exp: 6 }
  return resetInterval === null
    ? { type: 'LIF', ...dynamics }
    : { type: 'LIFReset', ...dynamics, reset_interval: resetInterval, reset_offset: resetOffset + 1 + index }
}

function sigmaDelta(
  values: LayerValues,
  shape: readonly number[],
  { spikeExponent }: Required<NetworkOptions>,
): Neuron {
  const { name, kind } = values
  const exponents = { spike_exp: spikeExponent, state_exp: stateExponent }
  if (kind === 'input') return { type: 'Delta', shape, vth: one(values, 'neuron/vThMant'), ...exponents }
  // Whether it is there counts, not what it says.
  if (values.has('neuron/sigma_output')) {
    if (values.has('bias')) throw refuse(name, kind, 'a bias beside neuron/sigma_output', 'Leave one of them out.')
    return { type: 'Sigma', shape }
  }
  return {
    type: 'SigmaDelta',
    shape,
    vth: one(values, 'neuron/vThMant'),
    ...exponents,
    bias: values.has('bias') ? biasOf(values, shape) : 0,
  }
}

/**
 * Decays go through damping and period, as in lava-dl: the integers can come out one lower than they are in the file.
 */
function resonators(
  values: LayerValues,
  shape: readonly number[],
): { readonly cos_decay: PerNeuron; readonly sin_decay: PerNeuron } {
  const each = (path: string): Float64Array => {
    const { data, shape: given } = values.need(path)
    const spread = broadcastToNeurons(data, given, shape)
    if (!spread)
      throw refuse(
        values.name,
        values.kind,
        `${path} has shape [${given.join(',')}] for neurons [${shape.join(',')}]`,
        'Write one number, or one a neuron.',
      )
    if (!spread.every((value) => Math.abs(value) <= 2 ** 16))
      throw refuse(
        values.name,
        values.kind,
        `${path} holds numbers beyond 16 bits`,
        'Write whole numbers of 12 bits and a sign.',
      )
    return spread
  }
  const cosines = each('neuron/cosDecay')
  const decays = Array.from(each('neuron/sinDecay'), (sine, i) => {
    const [s, c] = [sine / 2 ** decayBits, cosines[i]! / 2 ** decayBits]
    return resonatorDecays(1 / (atan2(s, c) / 2 / Math.PI), 1 - Math.sqrt(s ** 2 + c ** 2), decayBits)
  })
  return { cos_decay: decays.map((decay) => decay.cos_decay), sin_decay: decays.map((decay) => decay.sin_decay) }
}

/**
 * Bias mantissas: of dense layers [N] or one for all; of convolutions one a channel, or one a neuron in Lava's order W,
 * H, C.
 */
function biasOf(values: LayerValues, shape: readonly number[]): PerNeuron {
  const { name, kind } = values
  const { shape: given } = values.need('bias')
  const data = values.integers('bias')
  const fits = shape.length === 1 || given.length === shape.length || (given.length === 1 && given[0] === shape[0])
  const bias = fits ? broadcastToNeurons(data, given, shape) : undefined
  if (!bias)
    throw refuse(
      name,
      kind,
      `bias of shape [${given.join(',')}] for neurons [${shape.join(',')}]`,
      shape.length === 1 ? 'Write one value a neuron.' : 'Write one value a channel.',
    )
  return bias
}

/** Whole numbers for all neurons or for each; Lava fails on fractions while it runs. */
function perNeuron(values: LayerValues, path: string, shape: readonly number[], less: number): PerNeuron {
  const { data, shape: given, dtype } = values.need(path)
  const { name, kind } = values
  if (dtype.startsWith('float'))
    throw refuse(name, kind, `${path} is stored as ${dtype}, on which Lava hangs`, 'Write whole numbers as int64.')
  if (data.length === 1) return data[0]! - less
  const each = broadcastToNeurons(data, given, shape)
  if (!each)
    throw refuse(
      name,
      kind,
      `${path} has shape [${given.join(',')}] for neurons [${shape.join(',')}]`,
      'Write one number, or one a neuron.',
    )
  return each.map((value) => value - less)
}

function one(values: LayerValues, path: string): number {
  const { data } = values.need(path)
  if (data.length !== 1 || !Number.isFinite(data[0]))
    throw refuse(
      values.name,
      values.kind,
      `${path} holds ${data.length === 1 ? data[0] : `${data.length} numbers`}`,
      'Write one number.',
    )
  return data[0]!
}
