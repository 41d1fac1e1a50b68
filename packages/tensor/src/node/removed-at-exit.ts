import { rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'

/** The temporary files and folders that are being written now. */
const unfinished = new Set<string>()

function removeAll(): void {
  for (const path of unfinished) rmSync(path, { recursive: true, force: true })
}

/** Runs `write`, and removes what it leaves at `temporary`: when it ends, or when the process ends before. */
export async function removedAtExit(temporary: string, write: (temporary: string) => Promise<void>): Promise<void> {
  if (unfinished.size === 0) process.once('exit', removeAll)
  unfinished.add(temporary)
  try {
    await write(temporary)
  } finally {
    await rm(temporary, { recursive: true, force: true })
    unfinished.delete(temporary)
    if (unfinished.size === 0) process.off('exit', removeAll)
  }
}
