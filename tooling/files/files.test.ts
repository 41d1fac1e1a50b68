import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../workspace.ts'
import { makeFiles } from './make.ts'
import { names, readFiles, type Values } from './read.ts'

const kept = globSync(`tooling/files/*/${names.values}`, { cwd: root }).map((path) => dirname(join(root, path)))

/** The values as JSON, numbers apart: these may differ in their last digits between versions. */
function expectSame(found: Values, expected: Values): void {
  const parts = ({ networks, checkpoint }: Values): unknown => ({
    checkpoint,
    networks: Object.fromEntries(Object.entries(networks).map(([name, { logits: _, ...rest }]) => [name, rest])),
  })
  expect(parts(found)).toEqual(parts(expected))
  for (const [name, { logits }] of Object.entries(expected.networks)) {
    const computed = found.networks[name]!.logits
    expect(computed.length).toBe(logits.length)
    for (const [index, value] of logits.entries()) expect(computed[index], name).toBeCloseTo(value, 5)
  }
}

const written = (folder: string): Values => JSON.parse(readFileSync(join(folder, names.values), 'utf8')) as Values

it.each(kept.map((folder) => ({ version: folder.split(/[\\/]/).at(-1)!, folder })))(
  'files of $version are read to the same bits',
  async ({ folder }) => expectSame(await readFiles(folder), written(folder)),
)

it('files of this version are read to the bits that were written', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'files-'))
  try {
    await makeFiles(folder)
    const values = await readFiles(folder)
    expectSame(values, written(folder))
    expect(Object.keys(values.checkpoint.tensors).length).toBeGreaterThan(5)
    expect(Object.keys(values.networks[names.trained]!.state)).toContain('linear1.weight')
    expect(values.networks[names.converted]!.logits.some((value) => value !== 0)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
