import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Needed } from './run-time.ts'

/**
 * Licences under which others may be needed at run time: who uses our packages has to do no more than to name them, in
 * closed programs too.
 */
export const allowed: readonly string[] = ['Apache-2.0', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']

/** Licences without an identifier that somebody has read: the file, as it was then, and what it says. */
export const read: Readonly<Record<string, { readonly file: string; readonly sha256: string; readonly says: string }>> =
  {
    h5wasm: {
      file: 'LICENSE.txt',
      sha256: 'f3ba6b8afe2a0d6f482f29a46672f88668ae02b16dfc4a2e878fd50a4f34fa6a',
      says: 'NIST, public domain in the United States, free to use with its notice; HDF5, in the terms of BSD-3-Clause',
    },
  }

/** Why a package may not be needed at run time; undefined where it may. */
export function refusal({ name, licence, paths }: Needed): string | undefined {
  const names = licence.split(/\s+(?:AND|OR)\s+|[()]/).filter((part) => part !== '')
  if (names.length > 0 && names.every((one) => allowed.includes(one))) return undefined
  const known = read[name]
  if (!known) return `${name} has the licence ${licence}, expected one of ${allowed.join(', ')}`
  const found = createHash('sha256')
    .update(readFileSync(join(paths[0]!, known.file)))
    .digest('hex')
  return found === known.sha256
    ? undefined
    : `${known.file} of ${name} is another than the one that was read (${found}): read it, and say in licences.ts what it says`
}

/** The table of `docs/licences.md`. */
export function licenceTable(packages: readonly Needed[]): string {
  const rows = packages.map(
    ({ name, licence }) => `| \`${name}\` | ${read[name]?.says ?? licence.replace(/[()]/g, '')} |`,
  )
  return ['| package | licence |', '|---|---|', ...rows].join('\n')
}
