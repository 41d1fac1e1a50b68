import { checkObject, sizeOf, SnnError } from '@snn/tensor'
import { checkNet } from '../arguments.js'
import { writeTree } from '../hdf5/write-tree.js'
import type { NetFile } from './net-file.js'
import { isText, type NetValue } from './net-value.js'

/**
 * The bytes of a `.net` file as lava-dl and h5py write it: the same groups, dtypes, shapes and strings. What was read by `readNet` is written
 * value for value.
 *
 * @throws `ARGUMENT` for a value whose shape or dtype does not fit its numbers
 */
export function writeNet(net: NetFile): Uint8Array {
  checkNet('writeNet', net)
  const { layers, other } = net
  const tree = new Map<string, NetValue>()
  layers.forEach(({ values }, i) => {
    for (const [name, value] of Object.entries(values)) tree.set(`layer/${i}/${name}`, value)
  })
  for (const [path, value] of Object.entries(other)) tree.set(path, value)
  for (const [path, value] of tree) check(path, value)
  return writeTree(tree)
}

function check(path: string, value: NetValue): void {
  checkObject('writeNet', value, path, 'a NetValue')
  const count = isText(value) ? value.text.length : value.data.length
  const wrong = (what: string, got: unknown): SnnError => new SnnError('ARGUMENT', `[writeNet] /${path} ${what}`, { name: path, value: got })
  if (count !== sizeOf(value.shape)) throw wrong(`has ${count} values, expected ${sizeOf(value.shape)} for the shape [${value.shape.join(',')}].`, count)
  if (isText(value) || value.dtype.startsWith('float')) return
  const [low, high] = rangeOf(value.dtype)
  const outside = value.data.find((item) => !Number.isInteger(item) || item < low || item > high)
  if (outside !== undefined) throw wrong(`holds ${outside}, expected whole numbers from ${low} to ${high} (${value.dtype}).`, outside)
}

function rangeOf(dtype: string): readonly [number, number] {
  if (dtype === 'bool') return [0, 1]
  const bits = Number(/\d+/.exec(dtype)![0])
  return dtype.startsWith('u') ? [0, Math.min(2 ** bits - 1, Number.MAX_SAFE_INTEGER)] : [Math.max(-(2 ** (bits - 1)), Number.MIN_SAFE_INTEGER), Math.min(2 ** (bits - 1) - 1, Number.MAX_SAFE_INTEGER)]
}
