import type { Shape } from '@snn/tensor'
import type { NirArray } from './array.js'
import { constant, mapped, parameterOf, type DescribedLayer } from './described-layer.js'
import type { NirNode } from './graph.js'

export interface NeuronExport {
  /** Length of a step in seconds. */
  readonly dt: number
  readonly softReset: 'error' | 'hard'
  readonly ties: 'fire' | 'keep'
}

/** Why a layer has no node, and what to do about it. */
export interface Refused {
  readonly reason: string
  readonly fix: string
}

type Maker = (
  layer: DescribedLayer,
  of: (name: string) => NirArray,
  options: NeuronExport,
) => readonly NirNode[] | Refused

/** Nodes of NIR's own neurons, which keep their parameters. */
const native: Readonly<Record<string, Maker>> = {
  nirThreshold: (_, of) => [{ type: 'Threshold', threshold: of('threshold') }],
  nirI: (_, of) => [{ type: 'I', r: of('r') }],
  nirIF: (_, of) => [{ type: 'IF', r: of('r'), ...firing(of) }],
  nirLI: (_, of) => [{ type: 'LI', ...membrane(of) }],
  nirLIF: (_, of) => [{ type: 'LIF', ...membrane(of), ...firing(of) }],
  nirExactLIF: (_, of) => [{ type: 'LIF', ...membrane(of), ...firing(of) }],
  nirCubaLI: (_, of) => [{ type: 'CubaLI', ...synapse(of), w_in: of('wIn') }],
  nirCubaLIF: (_, of) => [{ type: 'CubaLIF', ...synapse(of), ...firing(of), w_in: of('wIn') }],
}

const firing = (of: (name: string) => NirArray) => ({ v_threshold: of('threshold'), v_reset: of('vReset') })
const membrane = (of: (name: string) => NirArray) => ({ tau: of('tau'), r: of('r'), v_leak: of('vLeak') })
const synapse = (of: (name: string) => NirArray) => ({
  tau_syn: of('tauSyn'),
  tau_mem: of('tauMem'),
  r: of('r'),
  v_leak: of('vLeak'),
})

/**
 * Nodes of neurons that count in steps, so that linear steps of dt say the same again:
 *
 *   v + x                  dv/dt = r x with r = 1 / dt
 *   v + (x - v) / tau      a time constant of tau dt
 *   decay v + x            a time constant of dt / (1 - decay), and a resistance of that over dt
 */
const stepwise: Readonly<Record<string, Maker>> = {
  integrateAndFire: (layer, of, options) =>
    fires(layer, of, options, (fire, shape) => ({ type: 'IF', r: constant(1 / options.dt, shape), ...fire })),
  lif: (layer, of, options) => leaky(layer, of('tau'), of, options),
  parametricLif: (layer, of, options) =>
    leaky(
      layer,
      mapped(of('w'), (w) => 1 + Math.exp(-w)),
      of,
      options,
    ),
  cubaLif: (layer, of, options) => decaying(layer, of('currentDecay'), of('voltageDecay'), of, options),
  synaptic: (layer, of, options) =>
    layer.layer.config['resetDelay'] === true
      ? { reason: 'a reset that is one step late, which NIR cannot say', fix: 'Make it with { resetDelay: false }.' }
      : of('alpha').data.every((alpha) => alpha === 0)
        ? fires(layer, of, options, (fire, shape) => ({
            type: 'LIF',
            ...lasting(of('beta'), options.dt, 'tau', 'r'),
            v_leak: constant(0, shape),
            ...fire,
          }))
        : decaying(layer, of('alpha'), of('beta'), of, options),
  currentLif: (layer, of, options) => {
    const [tauSyn, tauMem] = [of('tauSynapse'), of('tauMembrane')]
    const node = {
      tau_syn: mapped(tauSyn, (tau) => tau * options.dt),
      tau_mem: mapped(tauMem, (tau) => tau * options.dt),
      w_in: tauSyn,
      v_leak: of('vRest'),
    }
    return fires(layer, of, options, (fire, shape) => ({ type: 'CubaLIF', ...node, r: constant(1, shape), ...fire }))
  },
  nonSpikingIntegrateAndFire: ({ input }, _, { dt }) => [{ type: 'I', r: constant(1 / dt, input) }],
  nonSpikingLif: ({ input }, of, { dt }) => [
    { type: 'LI', tau: mapped(of('tau'), (tau) => tau * dt), r: constant(1, input), v_leak: constant(0, input) },
  ],
}

const makers: Readonly<Record<string, Maker>> = { ...native, ...stepwise }

export function isNeuron(kind: string): boolean {
  return Object.hasOwn(makers, kind)
}

/** The nodes of a layer of neurons, one after the other. */
export function neuronNodes(layer: DescribedLayer, options: NeuronExport): readonly NirNode[] | Refused {
  return (
    startsElsewhere(layer) ?? makers[layer.layer.kind]!(layer, (name) => parameterOf(layer, name, layer.input), options)
  )
}

function leaky(
  layer: DescribedLayer,
  tau: NirArray,
  of: (name: string) => NirArray,
  options: NeuronExport,
): readonly NirNode[] | Refused {
  const { reset, decayInput } = layer.layer.config
  const rest = typeof reset === 'object' ? (reset as { readonly to: number }).to : 0
  return fires(layer, of, options, (fire, shape) => ({
    type: 'LIF',
    tau: mapped(tau, (steps) => steps * options.dt),
    r: decayInput === false ? tau : constant(1, shape),
    v_leak: constant(rest, shape),
    ...fire,
  }))
}

function decaying(
  layer: DescribedLayer,
  current: NirArray,
  voltage: NirArray,
  of: (name: string) => NirArray,
  options: NeuronExport,
): readonly NirNode[] | Refused {
  const outside = [...current.data, ...voltage.data].find((decay) => !(decay >= 0 && decay < 1))
  if (outside !== undefined)
    return {
      reason: `a decay of ${outside} in a step, which is no time constant`,
      fix: 'Give decays of at least 0 and below 1, or take integrateAndFire for none.',
    }
  return fires(layer, of, options, (fire, shape) => ({
    type: 'CubaLIF',
    ...lasting(current, options.dt, 'tau_syn', 'w_in'),
    ...lasting(voltage, options.dt, 'tau_mem', 'r'),
    v_leak: constant(0, shape),
    ...fire,
  }))
}

/** The time constant of a decay in a step, and what multiplies an input that is to be taken in whole. */
function lasting<T extends string, R extends string>(
  decay: NirArray,
  dt: number,
  tau: T,
  scale: R,
): Record<T | R, NirArray> {
  return {
    [tau]: mapped(decay, (kept) => dt / (1 - kept)),
    [scale]: mapped(decay, (kept) => 1 / (1 - kept)),
  } as Record<T | R, NirArray>
}

/** The node with its threshold and reset, and a Scale behind it where spikes carry a threshold other than 1 on. */
function fires(
  layer: DescribedLayer,
  of: (name: string) => NirArray,
  { softReset, ties }: NeuronExport,
  make: (fire: { v_threshold: NirArray; v_reset: NirArray }, shape: Shape) => NirNode,
): readonly NirNode[] | Refused {
  const { reset, amplitude } = layer.layer.config
  if (reset === 'none')
    return { reason: 'no reset, and every spiking node of NIR has one', fix: 'Give it { reset: { to: 0 } }.' }
  if (reset === 'soft' && softReset === 'error')
    return {
      reason: 'a soft reset, and NIR has the hard one alone',
      fix: 'Train it with { reset: { to: 0 } }, or export with { softReset: "hard" }, which changes its rates.',
    }
  const to = typeof reset === 'object' && reset !== null ? (reset as { readonly to: number }).to : 0
  const threshold = of('threshold')
  const node = make(
    {
      v_threshold:
        ties === 'fire'
          ? { ...threshold, dtype: 'float32', data: Float32Array.from(threshold.data, justBelow) }
          : threshold,
      v_reset: constant(to, layer.input),
    },
    layer.input,
  )
  return amplitude === 'threshold' && threshold.data.some((size) => size !== 1)
    ? [node, { type: 'Scale', scale: threshold }]
    : [node]
}

function startsElsewhere({ layer, arrays }: DescribedLayer): Refused | undefined {
  const initial = (layer.config['initial'] ?? {}) as Readonly<Record<string, unknown>>
  const [name] = [
    ...(Object.entries(initial).find(([, value]) => value !== 0) ?? []),
    ...Object.keys(arrays).filter((path) => path.startsWith('initial.')),
  ]
  return name === undefined
    ? undefined
    : {
        reason: `a state that starts elsewhere than at 0 (${name}), which NIR cannot say`,
        fix: 'Give it { initial: { v: 0 } }.',
      }
}

const bits = new Int32Array(1)
const single = new Float32Array(bits.buffer)

/** The next single-precision number below: v > justBelow(t) where v >= t. */
function justBelow(value: number): number {
  single[0] = value
  if (single[0] === 0) return -(2 ** -149)
  bits[0]! += single[0] > 0 ? -1 : 1
  return single[0]
}
