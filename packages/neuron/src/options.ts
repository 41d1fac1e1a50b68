import { isSurrogate, numberFault, parameterFault, wrongOption, type Interval, type Within } from '@snn/surrogate'
import { SnnError } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { isAmong, type Reset, type ResetName } from './reset.js'
import type { SettingSpecs } from './spec.js'

const choices = {
  amplitude: { valid: (value: unknown) => value === 'one' || value === 'threshold', expected: "'one' or 'threshold'" },
  detachReset: { valid: (value: unknown) => typeof value === 'boolean', expected: 'true or false' },
  reset: { valid: isReset, expected: "'soft', 'none' or { to: number }" },
  surrogate: { valid: isSurrogate, expected: 'a surrogate such as sigmoid()' },
  initial: { valid: isObject, expected: 'initial values by name of the state' },
} as const

/** What a model says of its options, for the check of those given to a layer. */
export interface OptionSpecs {
  readonly parameters: readonly string[]
  readonly within: Within<string>
  readonly state: readonly string[]
  readonly settings: SettingSpecs
  readonly resets: readonly ResetName[]
}

/**
 * Checks the options of a neuron by name and value.
 *
 * @throws `ARGUMENT` for an option that the model does not have or a value outside of its domain
 */
export function checkOptions(
  kind: string,
  options: Readonly<Record<string, unknown>>,
  { parameters, within, state, settings, resets }: OptionSpecs,
): void {
  checkObject(kind, options)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (parameters.includes(name)) checkParameter(kind, name, value, within[name])
    else if (name in settings) checkSetting(kind, name, value, settings[name]!, within[name])
    else if (!(name in choices))
      throw unknown(kind, name, value, [...parameters, ...Object.keys(settings), ...Object.keys(choices)])
    else {
      const { valid, expected } = choices[name as keyof typeof choices]
      if (!valid(value)) throw wrongOption(kind, name, value, expected)
      if (name === 'reset' && !isAmong(value as Reset, resets))
        throw wrongOption(kind, name, value, resetsAllowed(resets))
    }
  }
  for (const [name, value] of Object.entries((options['initial'] as Record<string, unknown> | undefined) ?? {})) {
    if (!state.includes(name))
      throw unknown(
        kind,
        `initial.${name}`,
        value,
        state.map((known) => `initial.${known}`),
      )
    checkParameter(kind, `initial.${name}`, value)
  }
}

function checkParameter(kind: string, name: string, value: unknown, interval?: Interval): void {
  const fault = parameterFault(value, interval)
  if (fault !== undefined) throw wrongOption(kind, name, value, fault)
}

function resetsAllowed(resets: readonly ResetName[]): string {
  const written = { soft: "'soft'", none: "'none'", zero: '{ to: 0 }', to: '{ to: number }' }
  return resets.length === 0
    ? 'none, for the model resets in its own way'
    : `${resets.map((name) => written[name]).join(' or ')}, the resets of this model`
}

/** A setting is of the type of its default, or one of the names listed. */
function checkSetting(
  kind: string,
  name: string,
  value: unknown,
  spec: SettingSpecs[string],
  interval?: Interval,
): void {
  let fault: string | undefined
  if (typeof spec === 'object')
    fault = (spec as readonly unknown[]).includes(value)
      ? undefined
      : `one of ${spec.map((known) => `'${known}'`).join(', ')}`
  else if (typeof spec === 'boolean') fault = typeof value === 'boolean' ? undefined : 'true or false'
  else fault = numberFault(value, interval)
  if (fault !== undefined) throw wrongOption(kind, name, value, fault)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isReset(value: unknown): boolean {
  return value === 'soft' || value === 'none' || (isObject(value) && 'to' in value && Number.isFinite(value.to))
}

function unknown(kind: string, name: string, value: unknown, known: readonly string[]): SnnError {
  return new SnnError(
    'ARGUMENT',
    `[${kind}] unknown option '${name}', expected one of ${known.join(', ')}. Correct the name.`,
    { name, value },
  )
}

/** What is expected in the place of a value, or undefined when it is right. */
export type Fault = (value: unknown) => string | undefined

export const wholeFault: Fault = (value) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? undefined : 'a positive whole number'
export const flagFault: Fault = (value) => (typeof value === 'boolean' ? undefined : 'true or false')
export const surrogateFault: Fault = (value) =>
  choices.surrogate.valid(value) ? undefined : choices.surrogate.expected

/**
 * Throws `ARGUMENT` for an option without a check, or one whose value its check does not take. For layers that are no
 * `defineNeuron`.
 */
export function checkEach(kind: string, options: object, checks: Readonly<Record<string, Fault>>): void {
  checkObject(kind, options)
  for (const [name, value] of Object.entries(options) as [string, unknown][]) {
    if (!(name in checks)) throw unknown(kind, name, value, Object.keys(checks))
    const fault = value === undefined ? undefined : checks[name]!(value)
    if (fault !== undefined) throw wrongOption(kind, name, value, fault)
  }
}

/** A Variable of this shape. */
export function variableFault(shape: readonly number[]): Fault {
  return (value) => {
    const fits =
      isObject(value) && 'commit' in value && 'shape' in value && JSON.stringify(value.shape) === JSON.stringify(shape)
    return fits ? undefined : `a Variable of shape [${shape.join(',')}]`
  }
}
