import { SnnError } from './error.js'
import type { Node } from './graph.js'
import type { Inputs, Kernels } from './interpret.js'
import { binary, binaryOn, castTo, unary, type Binary, type Unary } from './reference/scalar.js'

const unaryKernel =
  (primitive: Unary) =>
  ([x]: Inputs<number>) =>
    unary[primitive](x)

const binaryKernel =
  (primitive: Binary) =>
  ([x, y]: Inputs<number>, node: Node) =>
    binaryOn(primitive, node.inputs[0]!.dtype)(x, y)

const same = ([x]: Inputs<number>) => x

/**
 * Kernels over plain JavaScript numbers (a flag is 0 or 1), for `interpret`: each tensor stands for one of its
 * elements, so elementwise operations alone have a kernel, and constants must hold one value.
 */
export const numberKernels: Kernels<number> = {
  ...(mapKeys(unary, unaryKernel) as { [P in Unary]: ReturnType<typeof unaryKernel> }),
  ...(mapKeys(binary, binaryKernel) as { [P in Binary]: ReturnType<typeof binaryKernel> }),
  constant: (_, node) => onlyValue(node),
  select: ([condition, x, y]) => (condition ? x : y),
  cast: ([x], node) => castTo(node.attributes.dtype)(x),
  broadcast: same,
  reshape: same,
  stopGradient: same,
  customGradient: same,
}

function onlyValue(node: Node<'constant'>): number {
  const { data } = node.attributes
  if (data.length === 0 || data.some((x) => x !== data[0])) {
    throw new SnnError(
      'UNSUPPORTED',
      `[interpret] got a constant of ${data.length} different values built at ${node.place}, expected one value for plain numbers. Use referenceKernels.`,
      { primitive: 'constant', backend: 'interpret' },
    )
  }
  return data[0]!
}

function mapKeys<K extends string, R>(table: Record<K, unknown>, fn: (key: K) => R): Record<K, R> {
  return Object.fromEntries((Object.keys(table) as K[]).map((key) => [key, fn(key)])) as Record<K, R>
}
