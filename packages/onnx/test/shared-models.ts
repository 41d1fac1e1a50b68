import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const shared = process.env.SNN_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url))
const folder = join(shared, 'data/onnx')

/** The third-party models, `[name, path]`; none, with a warning, where they are not on this machine. */
export const sharedModels: [string, string][] = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.onnx'))
      .sort()
      .map((name) => [name, join(folder, name)])
  : []

if (sharedModels.length === 0)
  console.warn(`SKIPPED: no models in ${folder}; set SNN_SHARED to the folder that holds data/onnx.`)
