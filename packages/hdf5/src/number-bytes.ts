import { SnnError } from '@snn/tensor'
import type { Hdf5Number } from './tree.js'

export const bytesPerNumber: Readonly<Record<Hdf5Number, number>> = {
  float16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
}

/** Numbers as they are stored, little-endian. Whole numbers of a signed and an unsigned type have the same bits. */
export function numberBytes(data: Float32Array | Float64Array, type: Hdf5Number): Uint8Array {
  if (type === 'float16')
    throw new SnnError('DTYPE', '[writeTree] float16 is not written, expected float32. Write float32.', {
      dtypes: [type],
    })
  const size = bytesPerNumber[type]
  const view = new DataView(new ArrayBuffer(size * data.length))
  data.forEach((value, i) => {
    const at = i * size
    if (type === 'float32') view.setFloat32(at, value, true)
    else if (type === 'float64') view.setFloat64(at, value, true)
    else if (size === 8) view.setBigInt64(at, BigInt(value), true)
    else if (size === 4) view.setInt32(at, value, true)
    else if (size === 2) view.setInt16(at, value, true)
    else view.setInt8(at, value)
  })
  return new Uint8Array(view.buffer)
}
