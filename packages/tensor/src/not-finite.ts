import { checkArrayLike } from './check.js'

/** Index of the first value that is NaN or infinite; -1 where there is none. */
export function indexOfNotFinite(data: ArrayLike<number>): number {
  checkArrayLike('indexOfNotFinite', data, 'data')
  // whole numbers always are
  if (ArrayBuffer.isView(data) && !(data instanceof Float32Array || data instanceof Float64Array)) return -1
  // x - x is 0 for every finite x: one sum tells of all, without a branch for each
  let sum = 0
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!
    sum += x - x
  }
  if (sum === 0) return -1
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return -1
}
