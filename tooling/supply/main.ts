import { resolve } from 'node:path'
import { writeBills } from './run-time.ts'

/**
 * `npm run sbom -- FOLDER` writes what each published package consists of, with versions, licences and digests, as
 * CycloneDX.
 */
const folder = resolve(process.argv[2] ?? 'sbom')
console.log(`${(await writeBills(folder)).length} bills of materials in ${folder}`)
