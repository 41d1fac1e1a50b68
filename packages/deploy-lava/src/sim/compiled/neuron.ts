import { tensor, where, type DType, type Tensor } from '@snn/tensor'
import { half24, leftShift, rightShift, wrap16, wrap32 } from '../integers.js'
import { perNeuron, perNeuronWide } from '../process.js'
import type { Neuron } from '../process-graph.js'
import type { Delta, SigmaDelta } from '../processes/delta.js'
import type { Lif, LifReset, TernaryLif } from '../processes/lif.js'
import type { ResonateAndFire } from '../processes/resonate-and-fire.js'
import type { RfZero } from '../processes/rf-zero.js'
import {
  asFloat,
  asInteger,
  exactFloat,
  onlyPlain,
  scaleCut,
  shiftDown,
  shiftUp,
  type Flow,
  type FlowKind,
} from './flow.js'
import { parameter } from './parameter.js'

type States = Readonly<Record<string, Tensor>>

/** Neurons in a program: the equations of `processes/`, on tensors [N, ..shape]. */
export interface NeuronProgram {
  readonly ports: readonly string[]
  readonly dtype: DType
  /** Initial states, one value a neuron. */
  readonly initial: Readonly<Record<string, Int32Array>>
  /** `awake` is 0 in the steps at whose start the neurons are reset, else 1; undefined for those that never are. */
  step(
    state: States,
    inputs: Readonly<Record<string, Flow>>,
    awake: Tensor | undefined,
  ): readonly [state: States, out: Tensor]
}

/** Spikes are sent in float32, values in int32. */
export function sentBy({ type }: Pick<Neuron, 'type'>): FlowKind {
  if (['Delta', 'SigmaDelta', 'Sigma', 'RFZero'].includes(type))
    return { dtype: 'int32', bound: 2 ** 31, spikes: false }
  return { dtype: 'float32', bound: 1, spikes: type !== 'TernaryLIF' }
}

/** `arriving`: the largest magnitude of what comes at a port. */
export function neuronProgram(
  name: string,
  process: Neuron,
  count: number,
  arriving: (port: string) => number,
): NeuronProgram {
  switch (process.type) {
    case 'LIF':
    case 'LIFReset':
    case 'TernaryLIF':
      return lif(name, process, count, arriving('a_in'))
    case 'Delta':
    case 'SigmaDelta':
      return delta(process, count)
    case 'Sigma':
      return {
        ports: ['a_in'],
        dtype: 'int32',
        initial: { sigma: new Int32Array(count) },
        step: ({ sigma }, inputs) => [
          { sigma: sigma!.add(asInteger(inputs['a_in']!)) },
          sigma!.add(asInteger(inputs['a_in']!)),
        ],
      }
    case 'RF':
    case 'RF_IZ':
      return resonator(name, process, count, Math.max(arriving('a_real_in'), arriving('a_imag_in')))
    case 'RFZero':
      return rfZero(process, count)
  }
}

function lif(name: string, spec: Lif | LifReset | TernaryLif, count: number, arriving: number): NeuronProgram {
  const keep = (decay: Float64Array): Float64Array => {
    const left = decay.map((d) => 4096 - d)
    if (left.some((k) => k < 0 || k > 4096)) throw onlyPlain(name, 'a decay outside 12 bits')
    return left
  }
  const [u, v] = [perNeuron(spec.u, count), perNeuron(spec.v, count)]
  const exponent = perNeuron(spec.bias_exp, count)
  const bias = perNeuron(spec.bias_mant, count).map((mantissa, i) =>
    exponent[i]! >= 0 ? leftShift(wrap16(mantissa), exponent[i]!) : rightShift(wrap16(mantissa), -exponent[i]!),
  )
  const states = Math.max(half24, largest(u), largest(v))
  // In float32 nothing may leave 24 bits before it is clipped or wrapped; u wraps once, so 64 a may not reach beyond
  // 2^23.
  const float = states <= half24 && 64 * arriving <= half24 && largest(bias) < 2 ** 30
  const dtype = float ? 'float32' : 'int32'
  if (largest(u) >= 2 ** 31 || largest(v) >= 2 ** 31) throw onlyPlain(name, 'an initial state of -2^31')
  const most = float ? exactFloat : 2 ** 31 - 1
  const threshold = (vth: Float64Array): Tensor | number =>
    parameter(
      vth.map((x) => Math.max(-most, Math.min(most, x * 64))),
      spec.shape,
      dtype,
    )
  const keepU = parameter(keep(perNeuronWide(spec.du, count).map((du) => du + 1)), spec.shape, dtype)
  const keepV = parameter(keep(perNeuronWide(spec.dv, count)), spec.shape, dtype)
  const biases = parameter(bias, spec.shape, dtype)
  const high = threshold(perNeuronWide(spec.type === 'TernaryLIF' ? spec.vth_hi : spec.vth, count))
  const low = spec.type === 'TernaryLIF' ? threshold(perNeuronWide(spec.vth_lo, count)) : undefined
  const neverWraps = keepU === 0 && 64 * arriving < half24
  return {
    ports: ['a_in'],
    dtype,
    initial: { u, v },
    step(state, inputs, awake) {
      const a = float ? asFloat(inputs['a_in']!) : asInteger(inputs['a_in']!)
      const before = (key: string): Tensor => (awake ? state[key]!.mul(awake.cast(dtype)) : state[key]!)
      const x = keepU === 0 ? a.mul(64) : scaleCut(before('u'), keepU, 12).add(a.mul(64))
      const current = neverWraps
        ? x
        : where(x.gt(half24), x.sub(2 * half24), where(x.le(-half24), x.add(2 * half24), x))
      const voltage = scaleCut(before('v'), keepV, 12)
        .add(current)
        .add(biases)
        .clip(1 - half24, half24 - 1)
      const up = voltage.gt(high)
      const down = low === undefined ? undefined : voltage.lt(low).and(up.not())
      const out = down ? up.cast('float32').sub(down.cast('float32')) : up.cast('float32')
      return [{ u: current, v: where(down ? up.or(down) : up, 0, voltage) }, out]
    },
  }
}

function delta(spec: Delta | SigmaDelta, count: number): NeuronProgram {
  const { spike_exp: spikeExponent = 0, state_exp: stateExponent = 0, cum_error: cumulative = false } = spec
  const scale = spikeExponent + stateExponent
  const vth = wrap32(Math.trunc(spec.vth * 2 ** scale))
  const bias =
    spec.type === 'SigmaDelta'
      ? parameter(
          perNeuron(spec.bias, count).map((value) => leftShift(value, scale)),
          spec.shape,
          'int32',
        )
      : undefined
  const rectified = spec.type === 'SigmaDelta' && spec.act_mode !== 'UNIT'
  const none = (): Int32Array => new Int32Array(count)
  return {
    ports: ['a_in'],
    dtype: 'int32',
    initial: { sigma: none(), act: none(), residue: none(), error: none() },
    step(state, inputs) {
      const a = asInteger(inputs['a_in']!)
      const sigma = bias === undefined ? state['sigma']! : state['sigma']!.add(a)
      const raw = bias === undefined ? shiftUp(a, scale) : sigma.add(bias)
      const act = rectified ? raw.maximum(0) : raw
      const d = act.sub(state['act']!).add(state['residue']!)
      const error = cumulative ? state['error']!.add(d) : state['error']!
      const s = where((cumulative ? error : d).abs().ge(vth), d, 0)
      return [{ sigma, act, residue: d.sub(s), error: where(s.eq(0), error, 0) }, shiftDown(s, stateExponent)]
    },
  }
}

function resonator(name: string, spec: ResonateAndFire, count: number, arriving: number): NeuronProgram {
  const { state_exp: exponent = 0, decay_bits: bits } = spec
  const [cosine, sine] = [perNeuronWide(spec.cos_decay, count), perNeuronWide(spec.sin_decay, count)]
  if (bits > 12 || largest(cosine) > 2 ** bits || largest(sine) > 2 ** bits)
    throw onlyPlain(name, 'decays of more than 12 bits')
  const float = arriving * 2 ** exponent <= half24
  const dtype = float ? 'float32' : 'int32'
  const factor = (decays: Float64Array): readonly [magnitude: Tensor | number, sign: Tensor | number] => [
    parameter(decays.map(Math.abs), spec.shape, dtype),
    parameter(decays.map(Math.sign), spec.shape, dtype),
  ]
  const [cosMagnitude, cosSign] = factor(cosine)
  const [sinMagnitude, sinSign] = factor(sine)
  const clip = (x: Tensor): Tensor => x.clip(1 - half24, half24 - 1)
  return {
    ports: ['a_real_in', 'a_imag_in'],
    dtype,
    initial: { real: new Int32Array(count), imag: new Int32Array(count) },
    step(state, inputs) {
      const [re, im] = [state['real']!, state['imag']!]
      const arrived = (port: string): Tensor =>
        float ? asFloat(inputs[port]!).mul(2 ** exponent) : shiftUp(asInteger(inputs[port]!), exponent)
      const byCos = (x: Tensor): Tensor => scaleCut(x, cosMagnitude, bits).mul(cosSign)
      const bySin = (x: Tensor): Tensor => scaleCut(x, sinMagnitude, bits).mul(sinSign)
      const real = clip(byCos(re).sub(bySin(im)).add(arrived('a_real_in')))
      const imag = clip(bySin(re).add(byCos(im)).add(arrived('a_imag_in')))
      const vth = Math.max(-half24, Math.min(half24, spec.vth))
      if (spec.type === 'RF') return [{ real, imag }, real.ge(vth).and(imag.ge(0)).and(im.lt(0)).cast('float32')]
      const spike = imag.ge(vth)
      return [{ real: where(spike, 0, real), imag: where(spike, vth - 1, imag) }, spike.cast('float32')]
    },
  }
}

function rfZero(spec: RfZero, count: number): NeuronProgram {
  const parameters = (given: RfZero['lct']): Tensor =>
    tensor({ data: perNeuron(given, count), shape: spec.shape, dtype: 'int32' })
  const [cos, sin] = [parameters(spec.lct), parameters(spec.lst)]
  return {
    ports: ['u_in', 'v_in'],
    dtype: 'int32',
    initial: { u: new Int32Array(count), v: new Int32Array(count) },
    step({ u, v }, inputs) {
      const nextU = shiftDown(u!.mul(cos), 15)
        .sub(shiftDown(v!.mul(sin), 15))
        .add(asInteger(inputs['u_in']!))
      const nextV = shiftDown(v!.mul(cos), 15)
        .add(shiftDown(u!.mul(sin), 15))
        .add(asInteger(inputs['v_in']!))
      return [{ u: nextU, v: nextV }, where(nextU.gt(spec.uth).and(nextV.ge(0)).and(v!.lt(0)), nextU, 0)]
    },
  }
}

function largest(of: ArrayLike<number>): number {
  let most = 0
  for (let i = 0; i < of.length; i++) most = Math.max(most, Math.abs(of[i]!))
  return most
}
