import { SnnError, type DType, type TypedArray } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { isFloat } from '@snn/tensor/library'

/** Throws `NOT_FINITE`, naming the place, for the first value of a float result that is not a finite number. */
export function checkFinite(node: Node, data: TypedArray, dtype: DType): void {
  const at = isFloat(dtype) ? data.findIndex((x) => !Number.isFinite(x)) : -1
  if (at < 0) return
  const module = node.path === '' ? '' : ` in '${node.path}'`
  throw new SnnError(
    'NOT_FINITE',
    `[${node.primitive}]${module} built at ${node.place} gave ${data[at]} at element ${at}, expected finite numbers. ` +
      `Look at its inputs: a division by zero, a logarithm of zero, or values that grow without bound.`,
    { place: node.place },
  )
}
