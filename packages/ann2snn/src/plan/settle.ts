import { SnnError } from '@snn/tensor'
import type { Per } from '../calibrate/activations.js'
import type { Code, CodeSettings } from '../codes/code.js'
import { codeNamed } from '../codes/table.js'
import type { ConvertOptions } from './convert-options.js'
import { checkSteps } from '@snn/nn'
import { targetNamed, type TargetRules } from './target.js'
import { parseMode, type ThresholdMode } from '../calibrate/thresholds.js'

/** Options of a conversion, checked, with their defaults. */
export interface Settled {
  readonly code: Code
  readonly mode: ThresholdMode
  readonly per: Per
  readonly settings: CodeSettings
  readonly weights: 'keep' | 'biases' | 'calibrate'
  readonly initialPotential: number
}

/** Throws `ARGUMENT` for options that do not go together. */
export function settle(options: ConvertOptions): Settled {
  const code = codeNamed(options.code ?? 'binary')
  const target = options.target === undefined ? undefined : targetNamed(options.target)
  const T = options.T ?? (target ? stepsOfTargets : undefined)
  const mode = options.mode ?? defaultMode(code, T)
  const { initialPotential = 0.5, weights = 'keep', steps } = options
  const per =
    mode === 'balance' || mode === 'sequential' || mode === 'gaussian'
      ? 'channel'
      : (options.per ?? (code.levels ? 'channel' : 'layer'))
  parseMode(mode)
  const settings = checkSettings(code, { ...options, ...(T !== undefined && { T }), mode }, target)
  if (!(initialPotential >= 0 && initialPotential <= 1)) {
    throw new SnnError(
      'ARGUMENT',
      `[convert] initialPotential ${initialPotential}, expected a share of the threshold from 0 to 1.`,
      { name: 'initialPotential', value: initialPotential },
    )
  }
  if (steps?.length === 0 || steps?.some((T, i, all) => checkSteps(T, 'convert') <= (all[i - 1] ?? 0))) {
    throw new SnnError(
      'ARGUMENT',
      `[convert] steps ${steps.join(', ')}, expected numbers of steps in ascending order.`,
      { name: 'steps', value: steps },
    )
  }
  return { code, mode, per, settings, weights, initialPotential }
}

/** Where nobody says how many. */
const stepsOfTargets = 32

function defaultMode({ levels, mode }: Code, T: number | undefined): ThresholdMode {
  if (levels) return mode ?? 'max'
  return T === undefined ? '99.9%' : 'sequential'
}

function checkSettings(
  code: Code,
  {
    levels = code.levels?.default ?? 0,
    digits = code.digits,
    T = 0,
    wait = 0,
    mode,
    weights = 'keep',
    resume,
  }: ConvertOptions,
  target: TargetRules | undefined,
): CodeSettings {
  const refuse = (name: string, value: number, expected: string): never => {
    throw new SnnError('ARGUMENT', `[convert] ${name} ${value}, expected ${expected}.`, { name, value })
  }
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isSafeInteger(value) && value >= least && value <= most
  if (!code.levels && levels !== 0) refuse('levels', levels, `none: spikes of the code '${code.name}' have no levels`)
  if (code.levels && !whole(levels, code.levels.least, code.levels.most))
    refuse('levels', levels, `a whole number from ${code.levels.least} to ${code.levels.most}`)
  if (code.spikes === 'binary' && digits !== 1)
    refuse('digits', digits, `none: spikes of the code '${code.name}' are not graded`)
  if (!whole(digits, 1, 8)) refuse('digits', digits, 'a whole number from 1 to 8')
  if (!whole(T, 0, 4096)) refuse('T', T, 'a whole number of steps from 1 to 4096')
  if (!whole(wait, 0, 64)) refuse('wait', wait, 'a whole number of steps from 0 to 64')
  if (wait > 0 && !(code.name === 'binary' || code.name === 'signed'))
    refuse('wait', wait, `0: only the codes 'binary' and 'signed' wait`)
  if (mode === 'sequential' && T === 0)
    refuse(
      'T',
      T,
      "a whole number of steps for mode 'sequential'. Say for how many steps the network is made: T (--steps)",
    )
  if (weights !== 'keep' && mode !== 'sequential')
    throw new SnnError(
      'ARGUMENT',
      `[convert] weights '${weights}' in mode ${JSON.stringify(mode)}, expected mode 'sequential', which alone changes weights: with T (--mode sequential --steps).`,
      { name: 'weights', value: weights },
    )
  if (resume && mode !== 'sequential')
    throw new SnnError(
      'ARGUMENT',
      `[convert] resume in mode ${JSON.stringify(mode)}, expected mode 'sequential', which alone can be resumed.`,
      { name: 'resume', value: mode },
    )
  if (wait > 0 && T === 0) refuse('wait', wait, '0 without T. Say for how many steps the network is made: T (--steps)')
  if (target && (code.name !== 'binary' || wait > 0))
    throw new SnnError(
      'ARGUMENT',
      `[convert] a target with the code '${code.name}'${wait > 0 ? ' and waiting' : ''}, expected the code 'binary' without waiting, which chips carry. Leave it out.`,
      { name: 'target', value: code.name },
    )
  return { levels, digits, T, wait, ...(target && { target }) }
}

/** What a report says of weights. */
export const weightsText = { keep: 'kept', biases: 'biases corrected', calibrate: 'calibrated' } as const
