import { f32x4, i32, v128, type Bind } from './text.js'

const signBit = i32(-0x80000000)

/** `magnitude` of |x| with the sign of x: exactly odd, and -0 stays -0. */
export function odd(bind: Bind, x: string, magnitude: (absolute: string) => string): string {
  return v128.xor(magnitude(bind('absolute', f32x4.abs(x))), signOf(x))
}

export const signOf = (x: string): string => v128.and(x, signBit)
