import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { readPackages, root } from '../workspace.ts'
import { makeFiles } from './make.ts'

/**
 * `npm run keep-files`, after each minor: writes the files of this release, which all later ones have to read. What is kept
 * already is left as it is.
 */
const { version } = readPackages().find(({ shortName }) => shortName === 'snn-file')!.manifest
const folder = join(root, 'tooling', 'files', version)
if (existsSync(folder)) console.log(`files of ${version} are kept already, in ${relative(root, folder)}`)
else {
  await makeFiles(folder)
  console.log(`files of ${version} are in ${relative(root, folder)}`)
}
