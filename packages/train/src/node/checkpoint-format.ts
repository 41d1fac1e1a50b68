import { hostTensor, SnnError, type DType, type TensorLike } from '@snn/tensor'

/** A checkpoint as bytes: named tensors, and text. */
export interface CheckpointContents {
  readonly tensors: Readonly<Record<string, TensorLike>>
  readonly metadata: Readonly<Record<string, string>>
}

// The seam to a file format: two functions. JSON until safetensors of @snn/nn are there.
const arrays = { float32: Float32Array, float64: Float64Array, int32: Int32Array, uint8: Uint8Array, bool: Uint8Array } as const

interface Entry {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly data: string
}

export function encodeCheckpoint({ tensors, metadata }: CheckpointContents): Uint8Array {
  const entries = Object.entries(tensors).map(([name, value]) => {
    const { data, shape, dtype } = hostTensor(value, 'checkpoint')
    return [name, { dtype, shape, data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64') }]
  })
  return new TextEncoder().encode(JSON.stringify({ metadata, tensors: Object.fromEntries(entries) as Record<string, Entry> }))
}

/** Throws `DATA_INVALID` for bytes that are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array, file: string): CheckpointContents {
  try {
    const { tensors, metadata } = JSON.parse(new TextDecoder().decode(bytes)) as { tensors: Record<string, Entry>; metadata: Record<string, string> }
    const entries = Object.entries(tensors).map(([name, { dtype, shape, data }]) => [name, { data: new arrays[dtype](new Uint8Array(Buffer.from(data, 'base64')).buffer), shape, dtype }])
    return { metadata, tensors: Object.fromEntries(entries) as Record<string, TensorLike> }
  } catch (cause) {
    throw new SnnError('DATA_INVALID', `[checkpoint] ${file} is no checkpoint or damaged (${(cause as Error).message}), expected one that training wrote. Remove it to begin anew.`, { file }, { cause })
  }
}
