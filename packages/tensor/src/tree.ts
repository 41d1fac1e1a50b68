import type { Tensor } from './tensor.js'

/** Nested arrays and plain objects with leaves of type `Leaf`. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> }

/** `T` with every Tensor leaf replaced by `To`. */
export type MapTensors<T, To> = T extends Tensor
  ? To
  : T extends readonly unknown[]
    ? { [K in keyof T]: MapTensors<T[K], To> }
    : T extends (...parameters: never[]) => unknown
      ? T
      : T extends object
        ? { [K in keyof T]: MapTensors<T[K], To> }
        : T

/** Whether a value is a tensor, of any installed copy of this package. */
export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value as { contract?: unknown }).contract === 1 &&
    'dtype' in value &&
    'node' in value
  )
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/**
 * Rebuilds `tree` with each leaf for which `isLeaf` holds replaced by `map(leaf, path)`; arrays and plain objects are
 * walked (keys in sorted order, so that equal trees flatten equally), everything else is kept as it is.
 */
export function mapTree(
  tree: unknown,
  isLeaf: (value: unknown) => boolean,
  map: (leaf: never, path: string) => unknown,
  path = '',
): unknown {
  if (isLeaf(tree)) return map(tree as never, path)
  if (Array.isArray(tree))
    return tree.map((value, i) => mapTree(value, isLeaf, map, path === '' ? `${i}` : `${path}.${i}`))
  if (!isPlainObject(tree)) return tree
  const entries = Object.keys(tree)
    .sort()
    .map((key) => [key, mapTree(tree[key], isLeaf, map, path === '' ? key : `${path}.${key}`)] as const)
  return Object.fromEntries(entries)
}

/** The Tensor leaves of a tree in order, and the function that puts other leaves in their places. */
export function flattenTensors<T>(tree: T): {
  readonly leaves: Tensor[]
  readonly restore: <V>(values: readonly V[]) => MapTensors<T, V>
} {
  const leaves: Tensor[] = []
  mapTree(tree, isTensor, (leaf: Tensor) => leaves.push(leaf))
  return {
    leaves,
    restore<V>(values: readonly V[]) {
      let i = 0
      return mapTree(tree, isTensor, () => values[i++]) as MapTensors<T, V>
    },
  }
}
