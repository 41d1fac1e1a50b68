import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readPackages, root } from '../workspace.ts'
import { licenceTable, read, refusal } from './licences.ts'
import { needed, writeBills, type Needed } from './run-time.ts'

/** A bill of materials, as far as the test reads it. */
interface Bill {
  readonly bomFormat: string
  readonly metadata: { readonly component: { readonly purl: string } }
  readonly components: readonly { readonly purl: string }[]
}

let packages: readonly Needed[]
beforeAll(async () => {
  packages = await needed()
})

describe('what the published packages need at run time', () => {
  it('has licences that are allowed', () => {
    expect(packages.length).toBeGreaterThan(10)
    expect(packages.flatMap((one) => refusal(one) ?? [])).toEqual([])
  })

  it('is every dependency and peer that they name', () => {
    const published = readPackages().filter(({ manifest }) => !manifest.private)
    const ours = new Set(published.map(({ name }) => name))
    const named = published.flatMap(({ manifest }) =>
      Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }).filter((name) => !ours.has(name)),
    )
    const found = packages.map(({ name }) => name)
    expect(found).toEqual(expect.arrayContaining(named))
  })

  it('is listed in docs/licences.md', () => {
    expect(readFileSync(join(root, 'docs', 'licences.md'), 'utf8')).toContain(licenceTable(packages))
  })

  it('is in the bill of materials of each, with ours', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bills-'))
    try {
      const bills = (await writeBills(folder)).map((path) => JSON.parse(readFileSync(path, 'utf8')) as Bill)
      const published = readPackages().filter(({ manifest }) => !manifest.private)
      const url = (name: string): string => `pkg:npm/${name.replace('@', '%40')}@`
      expect(bills.map(({ bomFormat }) => bomFormat)).toEqual(published.map(() => 'CycloneDX'))
      for (const { name, manifest } of published) {
        const bill = bills.find(({ metadata }) => metadata.component.purl.startsWith(url(name)))
        const parts = bill?.components.map(({ purl }) => purl).join('\n') ?? ''
        for (const one of Object.keys(manifest.dependencies ?? {})) expect(parts, name).toContain(url(one))
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the check of licences', () => {
  const one = (licence: string, name = 'x'): Needed => ({ name, versions: ['1.0.0'], licence, paths: [root] })

  it('refuses others, and those that it does not know', () => {
    expect(refusal(one('MIT'))).toBeUndefined()
    expect(refusal(one('(MIT OR Apache-2.0)'))).toBeUndefined()
    for (const licence of ['GPL-3.0-only', '(MIT AND GPL-3.0-only)', 'Unknown', ''])
      expect(refusal(one(licence))).toContain('expected one of')
  })

  it('refuses a text that is another than the one that was read', () => {
    const directory = mkdtempSync(join(tmpdir(), 'licences-'))
    try {
      const [name, { file }] = Object.entries(read)[0]!
      writeFileSync(join(directory, file), 'All rights reserved.')
      expect(refusal({ ...one('Unknown', name), paths: [directory] })).toContain('another than the one that was read')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

it('everything that is installed is checked against a digest of the lockfile', () => {
  const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
  const resolutions = [...lockfile.matchAll(/^ {4}resolution: (.*)$/gm)].map(([, text]) => text!)
  expect(resolutions.length).toBeGreaterThan(100)
  expect(resolutions.filter((text) => !/^\{integrity: sha512-[\w+/]+=*\}$/.test(text))).toEqual([])
})
