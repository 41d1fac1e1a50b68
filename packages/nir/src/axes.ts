import type { Integers, NirPadding } from './graph.js'

/** One number for each of `axes` axes; undefined where there are more or fewer. */
export function perAxis(value: Integers, axes: number): readonly number[] | undefined {
  const list = typeof value === 'number' ? [value] : value
  if (list.length === axes) return list
  return list.length === 1 ? Array<number>(axes).fill(list[0]!) : undefined
}

/**
 * Zeros in front of and behind each axis. `same`, at stride 1, puts the odd one behind, as PyTorch does. Undefined for
 * a wrong number of axes.
 */
export function paddingPerAxis(
  padding: NirPadding,
  kernel: readonly number[],
  dilation: readonly number[],
): readonly (readonly [number, number])[] | undefined {
  if (padding === 'same') {
    return kernel.map((size, i) => {
      const all = dilation[i]! * (size - 1)
      return [Math.floor(all / 2), Math.ceil(all / 2)] as const
    })
  }
  return perAxis(padding === 'valid' ? 0 : padding, kernel.length)?.map((n) => [n, n] as const)
}
