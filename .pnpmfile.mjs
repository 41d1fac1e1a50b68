import { readFileSync } from 'node:fs'
import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('.', import.meta.url))

/**
 * The manifest as it is published: without what serves the workspace alone, such as the export condition of the
 * sources, and with the place of the package in the repository that the root's package.json names. npm needs that for
 * provenance, and for links in READMEs that lead to other files.
 */
function beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...manifest }, directory) {
  for (const conditions of Object.values(manifest.exports ?? {})) {
    for (const condition of Object.keys(conditions)) if (condition.endsWith('/source')) delete conditions[condition]
  }
  const { repository } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
  if (repository === undefined) return manifest
  const place = relative(root, directory).split(sep).join('/')
  return { ...manifest, repository: { type: 'git', url: repository, directory: place } }
}

export const hooks = { beforePacking }
