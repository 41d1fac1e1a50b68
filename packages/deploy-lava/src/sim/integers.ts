/**
 * The whole numbers of Lava's CPU processes. NumPy computes them in 32 bits (`int32`) that wrap; products with a decay
 * in 64 bits. In JavaScript
 * `x | 0` is exactly that wrap for every whole number below 2^53.
 */

/** 2^23: states of a neuron have 24 bits. */
export const half24 = 2 ** 23

/** The low 32 bits of x, as a signed number. */
export const wrap32 = (x: number): number => x | 0

/** The low 16 bits of x, as a signed number. */
export const wrap16 = (x: number): number => (x << 16) >> 16

/** `numpy.left_shift` of int32: all bits out for a shift of 32 and more, and for a negative one. */
export const leftShift = (x: number, by: number): number => (by >= 0 && by < 32 ? x << by : 0)

/**
 * `numpy.right_shift` of int32: rounds down; the sign alone is left for a shift of 32 and more, and for a negative one.
 */
export const rightShift = (x: number, by: number): number => (by >= 0 && by < 32 ? x >> by : x < 0 ? -1 : 0)

/**
 * What is left of a state in a step, of decays of 4096: a multiple of 2^-12, so that x kept(d) is exact for |x| < 2^31.
 */
export const kept = (decay: number): number => (4096 - decay) / 4096

/** x kept(decay), cut toward zero. */
export const decayed = (x: number, keep: number): number => (x * keep) | 0
