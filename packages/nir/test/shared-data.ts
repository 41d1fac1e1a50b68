import { readFileSync } from 'node:fs'
import { sharedData } from '../../datasets/test/shared-data.js'

export { sharedData as sharedPath }

/** The bytes of a file of real test data. */
export function sharedFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(sharedData(path)!))
}
