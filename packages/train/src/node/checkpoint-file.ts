import { open, readFile, rename, rm } from 'node:fs/promises'
import { SnnError } from '@snn/tensor'
import type { CheckpointStore, TrainingPosition } from '../fit/checkpoint.js'
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.js'

const key = 'snn.training'

/**
 * Keeps the last checkpoint in a file. It is written under another name, flushed to the disk and renamed, so that the file is the old checkpoint or
 * the whole new one at any moment. `load` throws `DATA_INVALID` for a file that is no checkpoint.
 */
export function checkpointFile(path: string): CheckpointStore {
  return {
    async save({ tensors, position }) {
      await replaceFile(path, encodeCheckpoint({ tensors, metadata: { [key]: JSON.stringify(position) } }))
    },
    async load() {
      const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      if (!bytes) return undefined
      const { tensors, metadata } = decodeCheckpoint(bytes, path)
      return { tensors, position: parsePosition(metadata[key], path) }
    },
  }
}

function parsePosition(text: string | undefined, file: string): TrainingPosition {
  const position = (text === undefined ? undefined : JSON.parse(text)) as TrainingPosition | undefined
  if (position?.version === 1) return position
  throw new SnnError('DATA_INVALID', `[checkpoint] ${file} has ${position ? `version ${String(position.version)} of training` : 'no state of training'} in it, expected version 1. Remove it to begin anew.`, { file })
}

/** Writes a file so that it is the old one or the whole new one, also after a loss of power. */
export async function replaceFile(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    const file = await open(temporary, 'w')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
