import { f32x4, v128, type Vec } from '../vector.js'
import { i32, type Bind } from './define.js'

const signBit = i32(-0x80000000)

/** `magnitude` of |x| with the sign of x: exactly odd, and -0 stays -0. */
export function odd(bind: Bind, x: Vec, magnitude: (absolute: Vec) => Vec): Vec {
  return v128.xor(magnitude(bind('absolute', f32x4.abs(x))), signOf(x))
}

export const signOf = (x: Vec): Vec => v128.and(x, signBit)
