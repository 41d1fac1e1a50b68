import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = process.env.SNN_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))

/** A path in the folder of real test data, or undefined, said loudly, where that is absent. */
export function sharedPath(path: string): string | undefined {
  const found = join(root, 'data', path)
  if (existsSync(found)) return found
  console.warn(`SKIPPED: no real data at ${found}; set SNN_SHARED to the folder that holds data/`)
  return undefined
}

/** The bytes of a file of real test data. */
export function sharedFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, 'data', path)))
}
