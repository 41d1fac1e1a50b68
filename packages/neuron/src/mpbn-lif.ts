import { numberFault, wrongOption } from '@snn/surrogate'
import { variable, type Tensor, type Variable } from '@snn/tensor'
import { checkMembers, checkObject, checkOptions } from '@snn/tensor/library'
import { extendNeuron } from './extend-neuron.js'
import { lif } from './lif.js'
import { checkEach, variableFault, wholeFault } from './options.js'
import { resetMembrane } from './reset.js'
import { restoreOptions } from './restore-options.js'
import type { Cell } from './spec.js'
import { wrapCell } from './wrap-cell.js'

/** Arrays of batch normalisation, each [features]. */
export type MembraneNorm = Readonly<Record<'weight' | 'bias' | 'mean' | 'variance', Variable>>

export interface MpbnOptions {
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number
  /** Default 1e-5. */
  readonly epsilon?: number
  /** Variables in place of those that the layer makes: 1, 0, 0, 1. */
  readonly norm?: MembraneNorm
}

type Variables = Readonly<Record<string, Variable>>
type LifOptions = NonNullable<Parameters<typeof lif>[0]>

/**
 * LIF whose membrane is normalised over the batch before it fires (Guo et al., arXiv:2308.08359), x [N, features, ..];
 * options of
 * `lif`, with decayInput false by default:
 *
 *   charge  h as `lif`;  v <- (h - mean) / sqrt(variance + epsilon) weight + bias
 *   fire, reset  as `lif`
 *
 * In training mean and variance are those of the step's batch, and the running ones, used in evaluation, move by
 * `momentum` towards them (the variance unbiased) at every step.
 *
 * @throws `ARGUMENT` for an option outside of its domain
 */
export function mpbnLif(features: number, options: LifOptions & MpbnOptions = {}): Cell<'v'> {
  checkObject('mpbnLif', options)
  return normalizing(features, options, {})
}

/** `learned`: Variables in place of those that learnable parameters of the LIF would get. */
function normalizing(features: number, options: LifOptions & MpbnOptions, learned: Variables): Cell<'v'> {
  const kind = 'mpbnLif'
  const { momentum = 0.1, epsilon = 1e-5, norm = freshNorm(kind, features), ...others } = options
  const array = variableFault([features])
  checkEach(
    kind,
    { features, momentum, epsilon },
    {
      features: wholeFault,
      momentum: (value) => numberFault(value, [0, 1]),
      epsilon: (value) => numberFault(value, [0, Infinity]),
    },
  )
  checkEach(`${kind}.norm`, norm, { weight: array, bias: array, mean: array, variance: array })
  const model = extendNeuron(kind, lif, {
    settings: { decayInput: false },
    charge: (x, state, parameters, settings) => ({
      v: normalized(lif.spec.charge(x, state, parameters, settings).v, norm, {
        momentum,
        epsilon,
        training: settings.training,
      }),
    }),
  })
  const inner = model(others)
  Object.assign(inner.variables, learned)
  return wrapCell(inner, {
    ...inner,
    config: { ...inner.config, features, momentum, epsilon },
    variables: norm,
    trainable: ['weight', 'bias'],
  })
}

/** A layer of `mpbnLif` again from what it says of itself. */
export function restoreMpbn(
  { features, momentum, epsilon, ...config }: Readonly<Record<string, unknown>>,
  variables: Variables,
): Cell<'v'> {
  const { options, learned } = restoreOptions('mpbnLif', ['threshold', 'tau'], config, variables)
  const norm = Object.fromEntries(
    ['weight', 'bias', 'mean', 'variance'].map((name) => [name, variables[name]]),
  ) as unknown as MembraneNorm
  return normalizing(
    features as number,
    { ...options, momentum: momentum as number, epsilon: epsilon as number, norm },
    learned,
  )
}

function freshNorm(kind: string, features: number): MembraneNorm {
  const length = wholeFault(features) === undefined ? features : 0
  const made = (name: string, value: number) =>
    variable({ data: new Float32Array(length).fill(value), shape: [length] }, { name: `${kind}.${name}` })
  return { weight: made('weight', 1), bias: made('bias', 0), mean: made('mean', 0), variance: made('variance', 1) }
}

function normalized(
  h: Tensor,
  { weight, bias, mean, variance }: MembraneNorm,
  { momentum, epsilon, training }: { readonly momentum: number; readonly epsilon: number; readonly training: boolean },
): Tensor {
  const perFeature = (t: Tensor): Tensor => t.cast(h.dtype).reshape([-1, ...h.shape.slice(2).map(() => 1)])
  let [m, s] = [mean.read(), variance.read()]
  if (training) {
    const axes = h.shape.map((_, axis) => axis).filter((axis) => axis !== 1)
    const count = axes.reduce((n, axis) => n * h.shape[axis]!, 1)
    const move = (running: Variable, now: Tensor): void =>
      running.assign(
        running
          .read()
          .mul(1 - momentum)
          .add(now.stopGradient().cast(running.dtype).mul(momentum)),
      )
    m = h.mean(axes)
    s = h.sub(perFeature(m)).square().mean(axes)
    move(mean, m)
    move(variance, s.mul(count / Math.max(1, count - 1)))
  }
  return h
    .sub(perFeature(m))
    .div(perFeature(s).add(epsilon).sqrt())
    .mul(perFeature(weight.read()))
    .add(perFeature(bias.read()))
}

/**
 * An `mpbnLif` for inference, whose normalisation has become a threshold for each feature:
 *
 *   fire    s  = H(h - t), t = (threshold - bias) sqrt(variance + epsilon) / weight + mean
 *   reset   of the normalised membrane, as before; with normalizeResidual: false of h, where hardware knows but h
 *
 * With the residual normalised it does what the unfolded layer does in evaluation; without, it does so up to the first
 * step.
 *
 * @throws `ARGUMENT` for another cell, a threshold that is no number, or a weight that is not positive
 */
export async function foldMpbn(
  cell: Cell<'v'>,
  options: { readonly normalizeResidual?: boolean } = {},
): Promise<Cell<'v'>> {
  checkOptions('foldMpbn', options, ['normalizeResidual'])
  const { normalizeResidual = true } = options
  checkMembers('foldMpbn', cell, 'cell', ['config', 'variables'], 'a layer of mpbnLif(..)')
  const { threshold, epsilon, tau, decayInput, reset } = cell.config
  if (cell.kind !== 'mpbnLif' || typeof threshold !== 'number')
    throw wrongOption(
      'foldMpbn',
      'cell',
      `${cell.kind} with threshold ${typeof threshold}`,
      'an mpbnLif whose threshold and tau are numbers',
    )
  const [weight, bias, mean, variance] = await Promise.all(
    ['weight', 'bias', 'mean', 'variance'].map((name) => cell.variables[name]!.data()),
  )
  if (weight!.some((w) => !(w > 0)))
    throw wrongOption(
      'foldMpbn',
      'weight',
      [...weight!].join(', '),
      'positive weights, or the threshold would be one from above',
    )
  const scale = Float32Array.from(weight!, (w, i) => w / Math.sqrt(variance![i]! + (epsilon as number)))
  const shift = Float32Array.from(bias!, (b, i) => b - mean![i]! * scale[i]!)
  const arrays = { firesAt: Float32Array.from(scale, (factor, i) => (threshold - shift[i]!) / factor), scale, shift }
  const variables = Object.fromEntries(
    Object.entries(arrays).map(([name, data]) => [
      name,
      variable({ data, shape: [data.length] }, { name: `foldedMpbnLif.${name}` }),
    ]),
  )
  return folded(variables, normalizeResidual, {
    threshold,
    tau: tau as number,
    decayInput: decayInput as boolean,
    reset: reset as NonNullable<LifOptions['reset']>,
  })
}

/** A layer that `foldMpbn` gave, again from what it says of itself. */
export function restoreFoldedMpbn(
  { normalizeResidual, ...config }: Readonly<Record<string, unknown>>,
  variables: Variables,
): Cell<'v'> {
  return folded(
    variables,
    normalizeResidual === true,
    restoreOptions('foldedMpbnLif', ['threshold', 'tau'], config, variables).options,
  )
}

function folded(arrays: Variables, normalizeResidual: boolean, options: LifOptions): Cell<'v'> {
  const variables = Object.fromEntries((['firesAt', 'scale', 'shift'] as const).map((name) => [name, arrays[name]!]))
  const perFeature = (name: string, v: Tensor): Tensor =>
    variables[name]!.read()
      .cast(v.dtype)
      .reshape([-1, ...v.shape.slice(2).map(() => 1)])
  const model = extendNeuron('foldedMpbnLif', lif, {
    resets: ['to', 'soft', 'none'],
    fire: ({ v }, _parameters, spike) => spike(v.sub(perFeature('firesAt', v))),
    reset: ({ v }, s, { threshold: subtracted }, settings) => ({
      v: resetMembrane(
        normalizeResidual ? v.mul(perFeature('scale', v)).add(perFeature('shift', v)) : v,
        s,
        subtracted,
        settings.reset,
      ),
    }),
  })
  const inner = model(options)
  return wrapCell(inner, { ...inner, config: { ...inner.config, normalizeResidual }, variables, trainable: [] })
}
