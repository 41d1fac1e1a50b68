import { readFile } from 'node:fs/promises'
import { SnnError } from '@snn/tensor'
import { checkOptions, checkString } from '@snn/tensor/library'
import { replaceFile } from '@snn/tensor/node'
import type { CheckpointStore, TrainingPosition, Checkpoint } from '../fit/checkpoint.js'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.js'

const key = 'snn.training'
const aboutKey = 'snn.about'

/** What a checkpoint file holds. */
export interface CheckpointContent extends Checkpoint {
  /** What the caller of `checkpointFile` wrote along. */
  readonly about: string | undefined
}

/** A store of checkpoints in one file, which is replaced as a whole. */
export interface CheckpointFile extends CheckpointStore {
  load(): Promise<CheckpointContent | undefined>
}

/**
 * Keeps the last checkpoint in a file, and with it `about`, from which a program can build the network again. It is
 * written under another name, flushed to the disk and renamed, so that the file is the old checkpoint or the whole new
 * one at any moment. `load` throws `DATA_INVALID` for a file that is no checkpoint.
 */
export function checkpointFile(path: string, options: { readonly about?: string } = {}): CheckpointFile {
  checkString('checkpointFile', path, 'path', 'the path of a file')
  checkOptions('checkpointFile', options, ['about'])
  const { about } = options
  return {
    async save({ tensors, position }) {
      await replaceFile(
        path,
        encodeCheckpoint({
          tensors,
          metadata: { [key]: JSON.stringify(position), ...(about !== undefined && { [aboutKey]: about }) },
        }),
      )
    },
    async load() {
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!bytes) return undefined
      const { tensors, metadata } = decodeCheckpoint(bytes, path)
      return { tensors, position: parsePosition(metadata[key], path), about: metadata[aboutKey] }
    },
  }
}

function parsePosition(text: string | undefined, file: string): TrainingPosition {
  let position: Partial<TrainingPosition> | null | undefined
  try {
    position = text === undefined ? undefined : (JSON.parse(text) as Partial<TrainingPosition> | null)
  } catch (cause) {
    throw new SnnError(
      'DATA_INVALID',
      `[checkpoint] ${file} has a damaged state of training in it (${(cause as Error).message}). Remove it to begin anew.`,
      { file },
      { cause },
    )
  }
  if (position?.version === 1) return position as TrainingPosition
  if (text === undefined) {
    throw new SnnError(
      'DATA_INVALID',
      `[checkpoint] ${file} has no state of training in it, expected a checkpoint that a training wrote. Weights alone hold no network: load them into one with loadTorchState of @snn/nn, or export the network to ONNX.`,
      { file },
    )
  }
  throw new SnnError(
    'DATA_INVALID',
    `[checkpoint] ${file} has ${position ? `version ${String(position.version)} of training` : 'no state of training'} in it, expected version 1. Remove it to begin anew.`,
    { file },
  )
}
