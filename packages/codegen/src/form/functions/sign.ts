import type { Bind, Operations } from './operations.js'

/** `magnitude` of |x| with the sign of x: exactly odd, and -0 stays -0. */
export function odd<V, D>(operations: Operations<V, D>, bind: Bind<V>, x: V, magnitude: (absolute: V) => V): V {
  return operations.bits.xor(magnitude(bind('absolute', operations.float.abs(x))), signOf(operations, x))
}

export function signOf<V, D>({ bits, int }: Operations<V, D>, x: V): V {
  return bits.and(x, int.number(-0x80000000))
}
