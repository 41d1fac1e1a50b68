import { SnnError, type Tensor, type Variable } from '@snn/tensor'
import { checkArray, checkObject } from '@snn/tensor/library'

/** What a learnable parameter is shared over: the whole layer, each channel (axis 1 of [N, C, ..]), each neuron. */
export type Per = 'layer' | 'channel' | 'neuron'

/** A parameter that training changes: where it starts from, and for what there is one of it. */
export interface Learnable {
  readonly contract: 1
  readonly learnable: number
  readonly per: Per
}

/** A parameter that training may change, starting from `initial`. */
export function learnable(initial: number, options: { readonly per?: Per } = {}): Learnable {
  checkObject('learnable', options)
  const { per = 'layer' } = options
  if (!Number.isFinite(initial) || !['layer', 'channel', 'neuron'].includes(per)) {
    throw new SnnError(
      'ARGUMENT',
      `[learnable] initial value ${initial} per ${per}, expected a finite number per 'layer', 'channel' or 'neuron'. Correct it.`,
      { name: 'learnable', value: { initial, per } },
    )
  }
  return { contract: 1, learnable: initial, per }
}

/** A fixed number, a traced value, a Variable that somebody else owns, or `learnable(..)`. */
export type ParameterValue = number | Tensor | Variable | Learnable

/** Whether a parameter is one that training changes. */
export function isLearnable(value: ParameterValue): value is Learnable {
  return isObject(value) && 'learnable' in value
}

/** Whether a parameter is a Variable already. */
export function isVariable(value: ParameterValue): value is Variable {
  return isObject(value) && 'commit' in value
}

/** An open interval. */
export type Interval = readonly [above: number, below: number]

/** Intervals that parameters and settings lie in, by name. */
export type Within<P extends string> = { readonly [K in P]?: Interval }

const everything: Interval = [-Infinity, Infinity]

/**
 * What is expected in the place of a value that is no parameter, or a number (a learnable's too) outside of its open
 * interval; undefined when it is right. Tensors and Variables are not looked into.
 */
export function parameterFault(value: unknown, interval?: Interval): string | undefined {
  checkInterval('parameterFault', interval)
  const isValue = typeof value === 'number' || (isObject(value) && 'contract' in value)
  const number =
    typeof value === 'number'
      ? value
      : isValue && isLearnable(value as ParameterValue)
        ? (value as Learnable).learnable
        : undefined
  return isValue && (number === undefined || numberFault(number, interval) === undefined)
    ? undefined
    : `a finite number${bounds(interval)}, a Tensor, a Variable or learnable(..)`
}

/** The same for a plain number. */
export function numberFault(value: unknown, interval?: Interval): string | undefined {
  checkInterval('numberFault', interval)
  const [above, below] = interval ?? everything
  return typeof value === 'number' && Number.isFinite(value) && value > above && value < below
    ? undefined
    : `a finite number${bounds(interval)}`
}

function checkInterval(operation: string, interval: Interval | undefined): void {
  if (interval !== undefined) checkArray(operation, interval, 'interval', 'two numbers [above, below]')
}

function bounds(interval: Interval = everything): string {
  const [above, below] = interval
  const parts = [...(above > -Infinity ? [`above ${above}`] : []), ...(below < Infinity ? [`below ${below}`] : [])]
  return parts.length === 0 ? '' : ` ${parts.join(' and ')}`
}

/** The error for an option of a surrogate or neuron that has a value outside of its domain. */
export function wrongOption(kind: string, name: string, value: unknown, expected: string): SnnError {
  const got = isObject(value) ? JSON.stringify(value) : String(value)
  return new SnnError('ARGUMENT', `[${kind}] option ${name}: ${got}, expected ${expected}. Correct it.`, {
    name,
    value,
  })
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
