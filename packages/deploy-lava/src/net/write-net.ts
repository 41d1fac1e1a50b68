import { group, writeTree, type Hdf5Group, type Hdf5Values } from '@snn/hdf5'
import { sizeOf, SnnError } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { checkNet } from './check-net.js'
import type { NetFile } from './net-file.js'
import { isText, type NetValue } from './net-value.js'

/**
 * The bytes of a `.net` file as lava-dl and h5py write it: the same groups, dtypes, shapes and strings. What was read
 * by `readNet` is written value for value.
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
  return writeTree(treeOf(tree))
}

/** Values by path, as groups in each other. */
function treeOf(values: ReadonlyMap<string, NetValue>): Hdf5Group {
  const root = group({})
  for (const [path, value] of values) {
    const parts = path.split('/')
    let branch = root.entries as Map<string, Hdf5Group | Hdf5Values>
    for (const part of parts.slice(0, -1)) {
      const next = branch.get(part) ?? group({})
      if (!('entries' in next))
        throw new SnnError('ARGUMENT', `[writeNet] ${path}: '${part}' is a value and a group, expected one of them.`, {
          name: path,
          value: part,
        })
      branch.set(part, next)
      branch = next.entries as Map<string, Hdf5Group | Hdf5Values>
    }
    branch.set(
      parts.at(-1)!,
      isText(value)
        ? { type: value.dtype, shape: value.shape, data: value.text }
        : { type: value.dtype, shape: value.shape, data: value.data },
    )
  }
  return root
}

function check(path: string, value: NetValue): void {
  checkObject('writeNet', value, path, 'a NetValue')
  const count = isText(value) ? value.text.length : value.data.length
  const wrong = (what: string, got: unknown): SnnError =>
    new SnnError('ARGUMENT', `[writeNet] /${path} ${what}`, { name: path, value: got })
  if (count !== sizeOf(value.shape))
    throw wrong(`has ${count} values, expected ${sizeOf(value.shape)} for the shape [${value.shape.join(',')}].`, count)
  if (isText(value)) {
    const most = value.dtype === 'string' ? Infinity : Number(value.dtype.slice(1))
    const long = value.text.find((text) => new TextEncoder().encode(text).length > most)
    if (long !== undefined)
      throw wrong(
        `holds '${long}', which has ${new TextEncoder().encode(long).length} bytes, expected at most ${most} (${value.dtype}).`,
        long,
      )
    return
  }
  if (value.dtype.startsWith('float')) return
  const [low, high] = rangeOf(value.dtype)
  const outside = value.data.find((item) => !Number.isInteger(item) || item < low || item > high)
  if (outside !== undefined)
    throw wrong(`holds ${outside}, expected whole numbers from ${low} to ${high} (${value.dtype}).`, outside)
}

function rangeOf(dtype: string): readonly [number, number] {
  if (dtype === 'bool') return [0, 1]
  const bits = Number(/\d+/.exec(dtype)![0])
  return dtype.startsWith('u')
    ? [0, Math.min(2 ** bits - 1, Number.MAX_SAFE_INTEGER)]
    : [Math.max(-(2 ** (bits - 1)), Number.MIN_SAFE_INTEGER), Math.min(2 ** (bits - 1) - 1, Number.MAX_SAFE_INTEGER)]
}
