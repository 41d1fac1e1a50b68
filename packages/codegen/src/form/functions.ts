import { atan } from './functions/atan.js'
import { erf } from './functions/erf.js'
import { exp } from './functions/exp.js'
import { log } from './functions/log.js'
import { mod } from './functions/mod.js'
import type { ScalarFunction } from './functions/operations.js'
import { pow } from './functions/pow.js'
import { cos, sin } from './functions/sin-cos.js'
import { tanh } from './functions/tanh.js'

/**
 * Functions that machines have no instruction for, as expressions of what they have; `pow` and `mod` take two operands.
 * Free of branches. Special values (NaN, both zeros, both infinities, subnormal numbers) are those of the reference of
 * @snn/tensor. Largest error in units in the last place, against float64:
 *
 *   exp 0.998   log 0.840   tanh 1.459   atan 1.699   erf 1.568   sin 1.562   cos 1.566   pow 0.528   mod 0.5, the
 *   reference exactly
 *
 * over every float32 in exp [-105, -2^-8] and [2^-8, 89], log (0, 3.4e38], tanh [2^-6, 11], atan [2^-6, 2^7], erf
 * [2^-6, 4.1], sin and cos [2^-6, 5e7] (see there for what follows), and for pow and mod over 4 million pairs.
 *
 * The polynomials come from tooling/minimax.ts of the repository.
 */
export const functions = { exp, log, tanh, atan, erf, sin, cos, pow, mod } as const satisfies Readonly<
  Record<string, ScalarFunction>
>

export type FunctionName = keyof typeof functions
