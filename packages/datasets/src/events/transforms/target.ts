import { SnnError, sizeOf, type DType, type TensorLike } from '@snn/tensor'
import { allocate, checkMembers, checkOptions } from '@snn/tensor/library'
import { expectOption } from './transform.js'

/** A class index as int32 [1], a tensor as it is. Throws `ARGUMENT`. */
function asTensor(operation: string, target: number | TensorLike): TensorLike {
  if (typeof target !== 'number') {
    checkMembers(operation, target, 'target', ['data', 'shape'], 'the index of a class, or a tensor { data, shape }')
    return target
  }
  expectOption(operation, 'target', target, Number.isInteger(target), 'a whole number or a tensor')
  return { data: Int32Array.of(target), shape: [1], dtype: 'int32' }
}

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool']

/**
 * A tensor [...] with elements of another type (NumpyAsType of Tonic): to a whole number what follows the point is
 * dropped, to bool x != 0.
 */
export function asType(options: { readonly dtype: DType }): (values: TensorLike) => TensorLike {
  checkOptions('asType', options, ['dtype'])
  const { dtype } = options
  expectOption('asType', 'dtype', dtype, dtypes.includes(dtype), `one of ${dtypes.join(', ')}`)
  return (values) => {
    checkMembers('asType', values, 'values', ['data', 'shape'], 'a tensor { data, shape }')
    const { data, shape } = values
    const out = allocate(dtype, data.length)
    if (dtype === 'bool') for (let i = 0; i < data.length; i++) out[i] = data[i] === 0 ? 0 : 1
    else out.set(data)
    return { data: out, shape, dtype }
  }
}

/** A target [...] n times, for sequences (Repeat of Tonic): [n, ...]; a class index becomes int32 [n, 1]. */
export function repeatTarget(options: { readonly n: number }): (target: number | TensorLike) => TensorLike {
  checkOptions('repeatTarget', options, ['n'])
  const { n } = options
  expectOption('repeatTarget', 'n', n, Number.isInteger(n) && n >= 1, 'a whole number of at least 1')
  return (target) => {
    const one = asTensor('repeatTarget', target)
    const size = sizeOf(one.shape)
    const data = new (one.data.constructor as new (length: number) => typeof one.data)(n * size)
    for (let i = 0; i < n; i++) data.set(one.data, i * size)
    return { ...one, data, shape: [n, ...one.shape] }
  }
}

/**
 * Class indices as rows of the identity matrix (ToOneHotEncoding of Tonic), float32: [...] becomes [..., classes], a
 * single index [classes]. Throws `ARGUMENT` for what is no class.
 */
export function toOneHotEncoding(options: { readonly classes: number }): (target: number | TensorLike) => TensorLike {
  checkOptions('toOneHotEncoding', options, ['classes'])
  const { classes } = options
  expectOption(
    'toOneHotEncoding',
    'classes',
    classes,
    Number.isInteger(classes) && classes >= 1,
    'a whole number of at least 1',
  )
  return (target) => {
    const { data: indices, shape } = asTensor('toOneHotEncoding', target)
    const data = new Float32Array(indices.length * classes)
    indices.forEach((index: number, i: number) => {
      if (!Number.isInteger(index) || index < 0 || index >= classes) {
        throw new SnnError(
          'ARGUMENT',
          `[toOneHotEncoding] target ${index}, expected a whole number from 0 to ${classes - 1}.`,
          { name: 'target', value: index },
        )
      }
      data[i * classes + index] = 1
    })
    return { data, shape: typeof target === 'number' ? [classes] : [...shape, classes], dtype: 'float32' }
  }
}
