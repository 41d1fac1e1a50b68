import { readSafetensors, writeSafetensors } from '@snn/nn'
import { SnnError, type TensorLike } from '@snn/tensor'

/** A checkpoint as bytes: named tensors, and text. */
export interface CheckpointContents {
  readonly tensors: Readonly<Record<string, TensorLike>>
  readonly metadata: Readonly<Record<string, string>>
}

/** A file of the safetensors format. */
export function encodeCheckpoint({ tensors, metadata }: CheckpointContents): Uint8Array {
  return writeSafetensors(tensors, metadata)
}

/** Throws `DATA_INVALID` for bytes that are no checkpoint. */
export function decodeCheckpoint(bytes: Uint8Array, file: string): CheckpointContents {
  try {
    return readSafetensors(bytes)
  } catch (cause) {
    throw new SnnError(
      'DATA_INVALID',
      `[checkpoint] ${file} is no checkpoint or damaged (${(cause as Error).message}), expected one that training wrote. Remove it to begin anew.`,
      { file },
      { cause },
    )
  }
}
