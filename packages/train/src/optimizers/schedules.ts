import { scalar, SnnError, where, type Tensor } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'

/**
 * A learning rate as a function of the steps done before, a float scalar of whole numbers from 0: traced once, so that
 * no step recompiles. One's own: `lr: (step) => step.mul(-1e-3).exp().mul(0.1)`.
 */
export type Schedule = (step: Tensor) => Tensor

function check(operation: string, values: Readonly<Record<string, number>>, least = 0): void {
  for (const [name, value] of Object.entries(values)) {
    if (Number.isFinite(value) && value >= least) continue
    throw new SnnError('ARGUMENT', `[${operation}] ${name} ${value}, expected a number of at least ${least}.`, {
      name,
      value,
    })
  }
}

/** from + (to - from) share, along half a cosine: share 0 to 1. */
function alongCosine(from: number, to: number, share: Tensor): Tensor {
  return share
    .mul(Math.PI)
    .cos()
    .add(1)
    .mul((from - to) / 2)
    .add(to)
}

/** Options of `cosine`: from `initial` to `final` along half a cosine. */
export interface CosineOptions {
  readonly initial: number
  /** Default 0. */
  readonly final?: number
  /** Steps from the first to the last value, which is kept afterwards. */
  readonly steps: number
}

/**
 * Half a cosine (Loshchilov and Hutter, ICLR 2017): final + (initial - final) (1 + cos(pi min(t, steps) / steps)) / 2.
 */
export function cosine(options: CosineOptions): Schedule {
  checkOptions('cosine', options, ['initial', 'final', 'steps'])
  const { initial, final = 0, steps } = options
  check('cosine', { initial, final })
  check('cosine', { steps }, 1)
  return (t) => alongCosine(initial, final, t.minimum(steps).div(steps))
}

/** Options of `stepDecay`: from `initial`, times `factor` now and then. */
export interface StepDecayOptions {
  readonly initial: number
  /** Default 0.1. */
  readonly factor?: number
  /** Every so many steps; or after each of these numbers of steps. */
  readonly every: number | readonly number[]
}

/** initial factor^floor(t / every), or initial factor^(how many of the numbers are at most t). */
export function stepDecay(options: StepDecayOptions): Schedule {
  checkOptions('stepDecay', options, ['initial', 'factor', 'every'])
  const { initial, factor = 0.1, every } = options
  check('stepDecay', { initial, factor })
  if (typeof every === 'number') {
    check('stepDecay', { every }, 1)
    return (t) => scalar(factor, t.dtype).pow(t.div(every).floor()).mul(initial)
  }
  for (const step of every) check('stepDecay', { every: step }, 1)
  return (t) =>
    every
      .map((step) => where(t.ge(step), scalar(factor, t.dtype), 1))
      .reduce((a, b) => a.mul(b), scalar(initial, t.dtype))
}

export interface WarmUpOptions {
  /** Steps of warming up. */
  readonly steps: number
  /** Share of the first value to begin with. Default 1 / 3. */
  readonly start?: number
}

/** A line from start schedule(0) to schedule(0) in `steps` steps, then `schedule` from its beginning. */
export function warmUp(schedule: number | Schedule, options: WarmUpOptions): Schedule {
  checkOptions('warmUp', options, ['steps', 'start'])
  const { steps, start = 1 / 3 } = options
  check('warmUp', { steps }, 1)
  check('warmUp', { start })
  return (t) => {
    const after = typeof schedule === 'number' ? scalar(schedule, t.dtype) : schedule(t.sub(steps).maximum(0))
    return after.mul(
      t
        .div(steps)
        .minimum(1)
        .mul(1 - start)
        .add(start),
    )
  }
}

export interface OneCycleOptions {
  /** Highest value. */
  readonly max: number
  /** Steps of the whole training. */
  readonly steps: number
  /** Share of the steps in which it rises. Default 0.3. */
  readonly rise?: number
  /** max over the first value. Default 25. */
  readonly divide?: number
  /** First value over the last one. Default 1e4. */
  readonly finalDivide?: number
}

/**
 * One cycle (Smith and Topin 2019): half a cosine from max / divide up to max at step rise steps - 1, and one down to
 * max / divide / finalDivide at the last.
 */
export function oneCycle(options: OneCycleOptions): Schedule {
  checkOptions('oneCycle', options, ['max', 'steps', 'rise', 'divide', 'finalDivide'])
  const { max, steps, rise = 0.3, divide = 25, finalDivide = 1e4 } = options
  check('oneCycle', { max, rise, divide, finalDivide })
  check('oneCycle', { steps }, 2)
  const peak = rise * steps - 1
  if (!(peak > 0 && peak < steps - 1)) {
    throw new SnnError(
      'ARGUMENT',
      `[oneCycle] rise ${rise} of ${steps} steps, expected a share that leaves some for the way up and for the way down.`,
      { name: 'rise', value: rise },
    )
  }
  const initial = max / divide
  return (t) => {
    const up = alongCosine(initial, max, t.div(peak))
    const down = alongCosine(
      max,
      initial / finalDivide,
      t
        .minimum(steps - 1)
        .sub(peak)
        .div(steps - 1 - peak),
    )
    return where(t.lt(peak), up, down)
  }
}
