import { SnnError } from '@snn/tensor'
import type { SettingSpecs } from './spec.js'

const choices = {
  amplitude: { valid: (value: unknown) => value === 'one' || value === 'threshold', expected: "'one' or 'threshold'" },
  detachReset: { valid: (value: unknown) => typeof value === 'boolean', expected: 'true or false' },
  reset: { valid: isReset, expected: "'soft', 'none' or { to: number }" },
  surrogate: { valid: (value: unknown) => isObject(value) && 'spike' in value, expected: 'a surrogate such as sigmoid()' },
  initial: { valid: isObject, expected: 'initial values by name of the state' },
} as const

/**
 * Checks the options of a neuron by name and value.
 *
 * @throws `ARGUMENT` for an option that the model does not have or a value outside of its domain
 */
export function checkOptions(kind: string, options: Readonly<Record<string, unknown>>, parameters: readonly string[], state: readonly string[], settings: SettingSpecs): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (parameters.includes(name)) checkValue(kind, name, value)
    else if (name in settings) checkSetting(kind, name, value, settings[name]!)
    else if (!(name in choices)) throw unknown(kind, name, value, [...parameters, ...Object.keys(settings), ...Object.keys(choices)])
    else {
      const { valid, expected } = choices[name as keyof typeof choices]
      if (!valid(value)) throw wrong(kind, name, value, expected)
    }
  }
  for (const [name, value] of Object.entries((options['initial'] as Record<string, unknown> | undefined) ?? {})) {
    if (!state.includes(name)) throw unknown(kind, `initial.${name}`, value, state.map((known) => `initial.${known}`))
    checkValue(kind, `initial.${name}`, value)
  }
}

/** A finite number, or a Tensor, a Variable, a learnable. */
function checkValue(kind: string, name: string, value: unknown): void {
  const valid = typeof value === 'number' ? Number.isFinite(value) : isObject(value) && 'contract' in value
  if (!valid) throw wrong(kind, name, value, 'a finite number, a Tensor, a Variable or learnable(..)')
}

/** A setting is of the type of its default, or one of the names listed. */
function checkSetting(kind: string, name: string, value: unknown, spec: SettingSpecs[string]): void {
  if (typeof spec === 'object') {
    if (!(spec as readonly unknown[]).includes(value)) throw wrong(kind, name, value, `one of ${spec.map((known) => `'${known}'`).join(', ')}`)
  } else if (typeof value !== typeof spec || Number.isNaN(value)) throw wrong(kind, name, value, typeof spec === 'boolean' ? 'true or false' : 'a number')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isReset(value: unknown): boolean {
  return value === 'soft' || value === 'none' || (isObject(value) && 'to' in value && Number.isFinite(value.to))
}

function unknown(kind: string, name: string, value: unknown, known: readonly string[]): SnnError {
  return new SnnError('ARGUMENT', `[${kind}] unknown option '${name}', expected one of ${known.join(', ')}. Correct the name.`, { name, value })
}

function wrong(kind: string, name: string, value: unknown, expected: string): SnnError {
  const got = isObject(value) ? JSON.stringify(value) : String(value)
  return new SnnError('ARGUMENT', `[${kind}] option ${name}: ${got}, expected ${expected}. Correct it.`, { name, value })
}
