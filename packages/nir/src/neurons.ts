import { defineNeuron, extendNeuron, type AnyNeuronModel } from '@snn/neuron'
import { scalar, where, type Tensor } from '@snn/tensor'
import { discretisations, type Discretisation, type DiscretisationName } from './discretisations.js'

// The neurons of NIR as step functions. Parameters are NIR's, in its units (seconds, and v in units of its own); `dt`
// is the step in seconds and `as` the row of the table of discretisations that is followed.

const settings = {
  dt: 1e-4,
  as: ['exact', 'euler', 'norse', 'snntorch', 'spikingjelly', 'sinabs', 'rockpool', 'lava'],
} as const satisfies { readonly dt: number; readonly as: readonly DiscretisationName[] }
const positive = [0, Infinity] as const
const leaky = { tau: 1, r: 1, vLeak: 0 }
const cuba = { tauSyn: 1, tauMem: 1, r: 1, vLeak: 0, wIn: 1 }
type Settings = { readonly dt: number; readonly as: DiscretisationName }
type Values<P extends string> = Readonly<Record<P, Tensor>>

const perStep = (dt: number, tau: Tensor): Tensor => scalar(dt, tau.dtype).div(tau)

/** What is left after a step. */
function decayOf(tau: Tensor, { dt, as }: Settings): Tensor {
  const lost = perStep(dt, tau)
  return discretisations[as].decay === 'linear' ? lost.neg().add(1) : lost.neg().exp()
}

/** The share of what comes in that is taken in, or undefined for all of it. */
function shareOf(
  rule: Discretisation['input' | 'synapse'],
  tau: Tensor,
  decay: Tensor,
  dt: number,
): Tensor | undefined {
  if (rule === '1') return undefined
  return rule === 'decay' ? decay : rule === 'dt / tau' ? perStep(dt, tau) : decay.neg().add(1)
}

/** a b, where b may be all. */
const part = (a: Tensor, b: Tensor | undefined): Tensor => (b ? a.mul(b) : a)

/** v <- v + r x, or with r dt */
function integrate(x: Tensor, v: Tensor, { r }: Values<'r'>, { dt, as }: Settings): Tensor {
  return v.add(x.mul(discretisations[as].integrator === 'dt' ? r.mul(dt) : r))
}

/** v <- decay v + share r x + (1 - decay) vLeak */
function leak(x: Tensor, v: Tensor, { tau, r, vLeak }: Values<'tau' | 'r' | 'vLeak'>, own: Settings): Tensor {
  const decay = decayOf(tau, own)
  return v
    .mul(decay)
    .add(x.mul(part(r, shareOf(discretisations[own.as].input, tau, decay, own.dt))))
    .add(vLeak.mul(decay.neg().add(1)))
}

/** i <- decay i + share wIn x;  v as `leak` with the current of the step, or the solution of both */
function leakBehindSynapse(
  x: Tensor,
  { i, v }: Values<'i' | 'v'>,
  { tauSyn, tauMem, r, vLeak, wIn }: Values<keyof typeof cuba>,
  own: Settings,
): Values<'i' | 'v'> {
  const rules = discretisations[own.as]
  const decay = decayOf(tauSyn, own)
  const current = i.mul(decay).add(x.mul(part(wIn, shareOf(rules.synapse, tauSyn, decay, own.dt))))
  const membrane = { tau: tauMem, r, vLeak }
  if (rules.current !== 'solved')
    return { i: current, v: leak(rules.current === 'new' ? current : i, v, membrane, own) }
  const steady = x.mul(wIn)
  return {
    i: current,
    v: leak(steady, v, membrane, own).add(i.sub(steady).mul(r.mul(crossDecay(tauSyn, tauMem, own)))),
  }
}

/**
 * dt / tauMem e^(-dt / tauMem) (e^d - 1) / d with d = dt (1 / tauMem - 1 / tauSyn): what a decaying current leaves in a
 * decaying membrane.
 */
function crossDecay(tauSyn: Tensor, tauMem: Tensor, own: Settings): Tensor {
  const [synapse, membrane] = [perStep(own.dt, tauSyn), perStep(own.dt, tauMem)]
  const d = membrane.sub(synapse)
  const small = d.abs().lt(0.3)
  // 1 + d / 2 (1 + d / 3 (1 + ..)), where the quotient loses its digits
  const series = [7, 6, 5, 4, 3, 2].reduce((sum, n) => sum.mul(d).div(n).add(1), d.mul(0).add(1))
  const quotient = d
    .exp()
    .sub(1)
    .div(where(small, 1, d))
  return membrane.mul(membrane.neg().exp()).mul(where(small, series, quotient))
}

/** 0 or 1, or a number of spikes, by what the row says of ties and of many. */
function fire(v: Tensor, threshold: Tensor, spike: (u: Tensor) => Tensor, as: DiscretisationName): Tensor {
  const { fires, spikes } = discretisations[as] as Discretisation
  const one = fires === 'above' ? spike(threshold.sub(v)).neg().add(1) : spike(v.sub(threshold))
  return spikes === 'one' ? one : one.add(where(v.ge(threshold), v.div(threshold).floor().sub(1), 0).stopGradient())
}

function reset(
  v: Tensor,
  s: Tensor,
  { threshold, vReset }: Values<'threshold' | 'vReset'>,
  as: DiscretisationName,
): Tensor {
  const rule: Discretisation['reset'] = discretisations[as].reset
  if (rule === 'by subtraction') return v.sub(s.mul(threshold))
  return v.mul(s.neg().add(1)).add(s.mul(vReset))
}

const silent = {
  resets: ['none'] as const,
  fire: ({ v }: Values<'v'>) => v.mul(0).stopGradient(),
  reset: <S>(state: S) => state,
  output: ({ v }: Values<'v'>) => v,
}

/** y = 1 where x > threshold. It has no memory; `v` is its input. */
const threshold = defineNeuron('nirThreshold', {
  parameters: { threshold: 1 },
  state: { v: 0 },
  charge: (x) => ({ v: x }),
  fire: ({ v }, { threshold: limit }, spike) => spike(limit.sub(v)).neg().add(1),
  reset: (state) => state,
})

/** Integrator: dv/dt = r x. */
const integrator = defineNeuron('nirI', {
  parameters: { r: 1 },
  state: { v: 0 },
  settings,
  within: { dt: positive },
  charge: (x, { v }, parameters, own) => ({ v: integrate(x, v, parameters, own) }),
  ...silent,
})

/**
 * Integrate-and-fire: dv/dt = r x; within a step a spike resets v when it crosses, and what comes after adds to vReset.
 */
const integrateAndFire = defineNeuron('nirIF', {
  parameters: { r: 1, threshold: 1, vReset: 0 },
  state: { v: 0 },
  settings,
  within: { dt: positive },
  charge: (x, { v }, parameters, own) => ({ v: integrate(x, v, parameters, own) }),
  fire: ({ v }, { threshold: limit }, spike, { as }) => fire(v, limit, spike, as),
  reset: ({ v }, s, parameters, { as }) => ({
    v:
      discretisations[as].reset === 'within the step'
        ? v.add(s.mul(parameters.vReset.sub(parameters.threshold)))
        : reset(v, s, parameters, as),
  }),
})

/** Leaky integrator: tau dv/dt = (vLeak - v) + r x. */
const leakyIntegrator = defineNeuron('nirLI', {
  parameters: leaky,
  state: { v: 0 },
  settings,
  within: { tau: positive, dt: positive },
  charge: (x, { v }, parameters, own) => ({ v: leak(x, v, parameters, own) }),
  ...silent,
})

/** Leaky integrate-and-fire: tau dv/dt = (vLeak - v) + r x. */
const lif = defineNeuron('nirLIF', {
  parameters: { ...leaky, threshold: 1, vReset: 0 },
  state: { v: 0 },
  settings,
  within: { tau: positive, dt: positive },
  charge: (x, { v }, parameters, own) => ({ v: leak(x, v, parameters, own) }),
  fire: ({ v }, { threshold: limit }, spike, { as }) => fire(v, limit, spike, as),
  reset: ({ v }, s, parameters, { as }) => ({ v: reset(v, s, parameters, as) }),
})

/**
 * `nirLIF` whose membrane is reset within the step, when it crosses, and goes on from vReset to where it rests: with
 * rest = vLeak + r x,
 *
 *   v <- rest + (vReset - rest) (v - rest) / (threshold - rest)
 *
 * `x` in the state is the input of the step.
 */
const exactLif = extendNeuron('nirExactLIF', lif, {
  state: { x: 0 },
  charge: (x, { v }, parameters, own) => ({ x, v: leak(x, v, parameters, own) }),
  reset: ({ x, v }, s, { r, vLeak, vReset, threshold: limit }) => {
    const rest = x.mul(r).add(vLeak)
    const left = v.sub(rest).div(where(s.gt(0), limit.sub(rest), 1))
    return { x, v: where(s.gt(0), rest.add(vReset.sub(rest).mul(left.clip(0, 1))), v) }
  },
})

/** Leaky integrator behind a synapse: tauSyn di/dt = -i + wIn x, tauMem dv/dt = (vLeak - v) + r i. */
const cubaIntegrator = defineNeuron('nirCubaLI', {
  parameters: cuba,
  state: { i: 0, v: 0 },
  settings,
  within: { tauSyn: positive, tauMem: positive, dt: positive },
  charge: leakBehindSynapse,
  ...silent,
})

/** `nirCubaLI` that fires. */
const cubaLif = defineNeuron('nirCubaLIF', {
  parameters: { ...cuba, threshold: 1, vReset: 0 },
  state: { i: 0, v: 0 },
  settings,
  within: { tauSyn: positive, tauMem: positive, dt: positive },
  charge: leakBehindSynapse,
  fire: ({ v }, { threshold: limit }, spike, { as }) => fire(v, limit, spike, as),
  reset: ({ i, v }, s, parameters, { as }) => ({ i, v: reset(v, s, parameters, as) }),
})

/** The models by the type of node; `LIF` has a second one for resets within a step. */
export const models = {
  Threshold: threshold,
  I: integrator,
  IF: integrateAndFire,
  LI: leakyIntegrator,
  LIF: lif,
  exactLIF: exactLif,
  CubaLI: cubaIntegrator,
  CubaLIF: cubaLif,
} as const

/** The models of NIR's neurons, for `createNeuron`, which makes layers again from what files say of them. */
export const nirNeurons: readonly AnyNeuronModel[] = Object.values(models)
