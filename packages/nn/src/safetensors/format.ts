import type { DType, Shape } from '@snn/tensor'

/** The names that the format has for our dtypes, in the order in which the reference implementation writes them. */
export const dtypeNames = {
  float64: 'F64',
  float32: 'F32',
  int32: 'I32',
  uint8: 'U8',
  bool: 'BOOL',
} as const satisfies Record<DType, string>

/** The key of the header that holds strings instead of a tensor. */
export const metadataKey = '__metadata__'

/** The length of the header in bytes, a little-endian uint64, comes first. */
export const prefixLength = 8

/** What the reference implementation takes as the longest header, in bytes. */
export const longestHeader = 100_000_000

/** Bytes of a tensor of elements of so many bytes, or NaN when they cannot be counted. */
export function byteLength(elementBytes: number, shape: Shape): number {
  const bytes = shape.reduce(
    (product, n) => (Number.isSafeInteger(product * n) ? product * n : Number.NaN),
    elementBytes,
  )
  return Number.isSafeInteger(bytes) ? bytes : Number.NaN
}
