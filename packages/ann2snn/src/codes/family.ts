import { rectifiers, type Code } from './code.js'
import { piecewiseLinear } from './graded.js'

/** Spikes of one size. */
export const binarySpikes = { spikes: 'binary', digits: 1, neurons: rectifiers } as const satisfies Partial<Code>

/** Spikes of one of `levels` sizes with a sign, of neurons that also carry negative activations. */
export const gradedSpikes = {
  spikes: 'graded',
  signed: true,
  levels: { default: 9, least: 1, most: 16 },
  neurons: piecewiseLinear,
} as const satisfies Partial<Code>

/**
 * A code in which a rate is what counts: input and biases are currents at every step, and the output is the mean over
 * time. Other functions have nothing exact to work on.
 */
export function rateCode(own: Omit<Code, 'flow' | 'functions'>): Code {
  return { flow: 'sustained', functions: false, ...own }
}

/**
 * A code of changes: input and biases enter once, and the output is the sum of all that came. Other functions emit
 * f(all received) - f(before), exactly once nothing changes any more. Sizes of spikes stay in the units of the ANN.
 */
export function changeCode(own: Omit<Code, 'flow' | 'functions' | 'absorbs'>): Code {
  return { flow: 'once', functions: true, absorbs: false, ...own }
}
