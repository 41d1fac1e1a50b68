import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const root = process.env.SNN_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))

/** A path in the folder of real test data, or undefined, said loudly, where that is absent. */
export function sharedData(path: string): string | undefined {
  const found = join(root, 'data', path)
  if (existsSync(found)) return found
  console.warn(`SKIPPED: no real data at ${found}; set SNN_SHARED to the folder that holds data/`)
  return undefined
}
