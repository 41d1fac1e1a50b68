import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deprecations } from './deprecations.ts'

it('every deprecated name says what takes its place', { timeout: 120_000 }, () => {
  const found = deprecations()
  expect(found.map(({ name }) => name)).toContain('Mode')
  expect(found.filter(({ instead }) => !/`[^`]+`/.test(instead))).toEqual([])
})

it('names and members are found, under the names by which they are exported', () => {
  const directory = mkdtempSync(join(tmpdir(), 'deprecations-'))
  try {
    const source = join(directory, 'index.ts')
    const text = [
      '/** @deprecated Use `b`. */\nconst a = 1\nexport { a as old }\nexport const b = 2',
      'export interface Options {\n/** @deprecated Use `fast`. */\nreadonly speed?: number\nreadonly fast?: boolean\n}',
    ]
    writeFileSync(source, text.join('\n'))
    expect(deprecations([{ source, specifier: '@x/a' }])).toEqual([
      { specifier: '@x/a', name: 'old', instead: 'Use `b`.' },
      { specifier: '@x/a', name: 'Options.speed', instead: 'Use `fast`.' },
    ])
  } finally {
    rmSync(directory, { recursive: true })
  }
})
