import { formatShape, SnnError, sizeOf } from '@snn/tensor'
import { checkArray, checkArrayLike, checkMembers } from '@snn/tensor/library'
import { bytesPerNumber } from './number-bytes.js'
import { isGroup, isText, type Hdf5Dataset, type Hdf5Group, type Hdf5Values } from './tree.js'

/**
 * Throws `ARGUMENT` for what is no tree of groups and values, `SHAPE` for values that do not fill their shape, and
 * `DTYPE` for numbers that their type does not hold.
 */
export function checkTree(operation: string, tree: Hdf5Group, path = ''): void {
  checkMembers(operation, tree, path || 'tree', ['entries', 'attributes'], 'a group, as group(..) makes it')
  for (const entries of [tree.entries, tree.attributes]) {
    if (!(entries instanceof Map))
      throw new SnnError(
        'ARGUMENT',
        `[${operation}] ${path || 'tree'} whose entries are no Map, expected a group. Make it with group(..).`,
        { name: path || 'tree', value: entries },
      )
  }
  for (const [name, entry] of tree.entries) {
    checkMembers(operation, entry, `${path}/${name}`, [], 'a group or values')
    if (isGroup(entry)) checkTree(operation, entry, `${path}/${name}`)
    else checkValues(operation, entry, `${path}/${name}`)
  }
  for (const [name, values] of tree.attributes) checkValues(operation, values, `attribute ${path}/${name}`)
}

function checkValues(operation: string, values: Hdf5Values | Hdf5Dataset, name: string): void {
  checkMembers(operation, values, name, ['type', 'shape', 'data'], 'values, as numbers(..) and strings(..) make them')
  const { type, shape, data } = values
  if (typeof type !== 'string' || !(Object.hasOwn(bytesPerNumber, type) || type === 'string' || /^S\d+$/.test(type))) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] ${name} of type ${type as string}, expected one of ${Object.keys(bytesPerNumber).join(', ')}, string or S and a number of bytes.`,
      { name, value: type },
    )
  }
  checkArray(operation, shape, `shape of ${name}`)
  checkArrayLike(operation, data, `data of ${name}`)
  if (data.length !== sizeOf(shape))
    throw new SnnError(
      'SHAPE',
      `[${operation}] ${name} with ${data.length} values for the shape ${formatShape(shape)}, expected ${sizeOf(shape)}.`,
      { shapes: [shape] },
    )
  if (isText(values)) return
  if (values.type.startsWith('float')) return
  const bits = values.type === 'bool' ? 1 : 8 * bytesPerNumber[values.type]
  const [low, high] = values.type.startsWith('int') ? [-(2 ** (bits - 1)), 2 ** (bits - 1)] : [0, 2 ** bits]
  const at = values.data.findIndex((value) => !(Number.isInteger(value) && value >= low && value < high))
  if (at >= 0)
    throw new SnnError(
      'DTYPE',
      `[${operation}] ${name} holds ${values.data[at]} (number ${at}), which ${type} does not. Choose a wider type, or round.`,
      { dtypes: [values.type] },
    )
}
