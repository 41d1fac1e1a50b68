import { isStateful, traitsOf, type Layer } from '@snn/nn'
import { cannotExport } from './refuse.js'

/** What a layer of neurons would have to be on the chip, and is not, unless the user allows it. */
export const approximations = ['soft-reset', 'initial-membrane', 'reset-value', 'bias-current'] as const

/**
 * What an export may do otherwise than the network, where it is asked to; each layer that it concerns says so in the
 * report.
 */
export type Approximation = (typeof approximations)[number]

/**
 * A layer of neurons in the chip's terms:
 *
 *   u <- keepCurrent u + gain (W s + b),   v <- keepVoltage v + u,   spike where v >= threshold, then v = 0
 */
export interface NeuronForm {
  readonly keepCurrent: number
  readonly keepVoltage: number
  /** Factor of weights, and of bias, which the chip adds to v and not to u: that of a current that has settled. */
  readonly gain: number
  readonly biasGain: number
  /** Added to the input in each step, by channel. */
  readonly current: Float64Array | undefined
  /** Of each channel (or neuron), or one for all; undefined: never fires, and its membrane is read. */
  readonly threshold: Float64Array | undefined
  /** Of a spike, by channel: 1, or the threshold. */
  readonly amplitude: Float64Array | undefined
  readonly approximations: readonly Approximation[]
}

/** Whether a layer has memory and is no linear map of what came, such as a delay, a mean, or dropout. */
export const isNeuron = (layer: Layer): boolean => isStateful(layer) && (traitsOf(layer)?.linear ?? 'none') === 'none'

/** The kinds of neurons that the chip's model can be. */
const kinds = [
  'integrateAndFire',
  'drivenIntegrateAndFire',
  'lif',
  'cubaLif',
  'currentLif',
  'nonSpikingIntegrateAndFire',
  'nonSpikingLif',
] as const

/** What the chip does otherwise than a layer of neurons. */
export interface Deviation {
  readonly what: Approximation
  readonly reason: string
  readonly fix: string
}

/** Neurons in the chip's terms; `deviations` is told what the form does otherwise. */
export async function neuronForm(
  name: string,
  layer: Layer,
  channels: number,
  biased: boolean,
  deviations: Deviation[],
): Promise<NeuronForm> {
  const { kind, config, variables } = layer
  if (!(kinds as readonly string[]).includes(kind)) {
    throw cannotExport(
      name,
      kind,
      'the chip has integrate-and-fire neurons with a decaying current (CUBA) only',
      `Use ${kinds.join(', ')}.`,
    )
  }
  const one = async (key: string, fallback?: number): Promise<number> => {
    const values = await parameter(layer, key)
    const value = values?.[0] ?? fallback
    if (value === undefined || values?.some((other) => other !== value))
      throw cannotExport(name, kind, `${key} differs from neuron to neuron`, `Use one ${key} for the layer.`)
    return value
  }
  const approximate = (what: Approximation, reason: string, fix: string): void =>
    void deviations.push({ what, reason, fix })
  const fires = !kind.startsWith('nonSpiking')
  if (fires) {
    const { reset } = config as { readonly reset?: 'soft' | 'none' | { readonly to: number } }
    if (reset === 'soft')
      approximate(
        'soft-reset',
        'it is reset by subtraction, the chip only to 0',
        'Train or convert with reset: { to: 0 }.',
      )
    else if (reset === 'none')
      throw cannotExport(name, kind, 'it is never reset, the chip resets to 0', 'Use reset: { to: 0 }.')
    else if (reset && reset.to !== 0)
      approximate('reset-value', `it is reset to ${reset.to}, the chip only to 0`, 'Use reset: { to: 0 }.')
  }
  const initial = { ...(config['initial'] as Readonly<Record<string, number>> | undefined) }
  if (
    Object.values(initial).some((value) => value !== 0) ||
    Object.keys(variables).some((key) => key.startsWith('initial.'))
  )
    approximate(
      'initial-membrane',
      'its membrane does not start at 0, as on the chip',
      'Convert without an initial membrane.',
    )
  const threshold = fires ? await perChannel(name, layer, 'threshold', channels, 1) : undefined
  const low = threshold?.find((value) => !(value > 0))
  if (low !== undefined)
    throw cannotExport(
      name,
      kind,
      `its threshold is ${low}, and those of the chip lie above 0`,
      'Train or convert with thresholds above 0.',
    )
  const amplitude = config['amplitude'] === 'threshold' ? threshold : undefined
  const current = kind === 'drivenIntegrateAndFire' ? await perChannel(name, layer, 'current', channels, 0) : undefined
  const form = { ...(await dynamics(kind, config, one)), current }
  if (biased && form.keepCurrent > 0)
    approximate(
      'bias-current',
      'its bias goes through the current, the chip adds a bias to the voltage',
      'Leave the bias of the layer before out.',
    )
  return { ...form, threshold, amplitude, approximations: deviations.map(({ what }) => what) }
}

type Dynamics = Pick<NeuronForm, 'keepCurrent' | 'keepVoltage' | 'gain' | 'biasGain'>

async function dynamics(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  one: (key: string, fallback?: number) => Promise<number>,
): Promise<Dynamics> {
  const direct = { keepCurrent: 0, keepVoltage: 1, gain: 1, biasGain: 1 }
  switch (kind) {
    case 'lif':
    case 'nonSpikingLif': {
      const tau = await one('tau', 2)
      const gain = config['decayInput'] === false ? 1 : 1 / tau
      return { ...direct, keepVoltage: 1 - 1 / tau, gain, biasGain: gain }
    }
    case 'cubaLif': {
      const [keepCurrent, keepVoltage] = [await one('currentDecay', 0.5), await one('voltageDecay', 0.75)]
      return { ...direct, keepCurrent, keepVoltage, biasGain: 1 / (1 - keepCurrent) }
    }
    case 'currentLif': {
      const [membrane, synapse] = [await one('tauMembrane', 10), await one('tauSynapse', 5)]
      return {
        ...direct,
        keepCurrent: 1 - 1 / synapse,
        keepVoltage: 1 - 1 / membrane,
        gain: 1 / membrane,
        biasGain: synapse / membrane,
      }
    }
    default:
      return direct
  }
}

async function parameter({ config, variables }: Layer, key: string): Promise<Float64Array | undefined> {
  const cell = variables[key]
  if (cell) return Float64Array.from(await cell.data())
  const value = config[key] as number | { readonly learnable: number } | undefined
  return value === undefined ? undefined : Float64Array.of(typeof value === 'number' ? value : value.learnable)
}

async function perChannel(
  name: string,
  layer: Layer,
  key: string,
  channels: number,
  fallback: number,
): Promise<Float64Array> {
  const values = (await parameter(layer, key)) ?? Float64Array.of(fallback)
  if (values.length === 1) return new Float64Array(channels).fill(values[0]!)
  if (values.length === channels) return values
  throw cannotExport(
    name,
    layer.kind,
    `${values.length} values of ${key} for ${channels} channels`,
    `Use one ${key} for the layer, or one a channel.`,
  )
}
