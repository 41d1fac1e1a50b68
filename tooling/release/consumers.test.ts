import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { checkConsumer, consumers, installConsumer } from './consumers.ts'
import { scope } from '../workspace.ts'

const minutes = 60_000
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'consumers-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Installs a consumer from the tarballs, in a folder of this name. */
async function install(name: string): Promise<string> {
  const directory = join(folder, name)
  const tarballs = inject('tarballs')
  const overrides = Object.fromEntries(Object.entries(tarballs).map(([one, path]) => [one, `file:${path}`]))
  await installConsumer(name, directory, { specifier: (one) => overrides[one]!, overrides })
  return directory
}

/** Replaces text in a file of an installed package of ours. */
function change(directory: string, file: string, before: string | RegExp, after: string): void {
  const path = join(directory, 'node_modules', scope, file)
  const text = readFileSync(path, 'utf8')
  expect(text, `${file} has no ${before}`).toMatch(before)
  rmSync(path) // what is installed may be linked to a store
  writeFileSync(path, text.replace(before, after))
}

describe('projects that were written against a release', () => {
  it.each(consumers)('%s compiles and runs', { timeout: 5 * minutes }, async (name) => {
    await checkConsumer(await install(name))
  })
})

describe('a deliberate break is caught', () => {
  const broken = (name: string, as: string): string => {
    const directory = join(folder, as)
    cpSync(join(folder, name), directory, { recursive: true, verbatimSymlinks: true })
    return directory
  }

  it('of types: an option has another name', { timeout: 5 * minutes }, async () => {
    const directory = broken('typescript', 'renamed-option')
    change(directory, 'ann2snn/dist/index.d.ts', /readonly per\?:/g, 'readonly perAxis?:')
    await expect(checkConsumer(directory)).rejects.toThrow(/conversion\.ts.*error TS\d+.*'per'/s)
  })

  it('of what runs: a name is no longer exported', { timeout: 5 * minutes }, async () => {
    const directory = broken('javascript', 'gone-name')
    change(directory, 'equations/dist/index.js', /neuronEquations(?=,[^}]*\};?\s*$)/, 'neuronEquations as gone')
    await expect(checkConsumer(directory)).rejects.toThrow(/does not provide an export named 'neuronEquations'/)
  })

  it('of names: a layer is called otherwise in what a network gives', { timeout: 5 * minutes }, async () => {
    const directory = broken('commonjs', 'other-name')
    change(directory, 'neuron/dist/index.js', /"integrateAndFire"/g, '"integrator"')
    await expect(checkConsumer(directory)).rejects.toThrow(/TypeError: .*undefined \(reading 'shape'\)/)
  })

  it('of entries: one is gone', { timeout: 5 * minutes }, async () => {
    const directory = broken('esbuild', 'gone-entry')
    change(directory, 'nn/package.json', '"exports":', '"moved":')
    await expect(checkConsumer(directory)).rejects.toThrow(/Could not resolve|Cannot find (package|module)/)
  })
})
