import { globSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './workspace.ts'

const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const sections = text.split(/^## /m).slice(1)

/** What is in backticks and begins with a folder of the repository. */
const pathsOf = (document: string): string[] => [
  ...new Set(
    [...readFileSync(join(root, document), 'utf8').matchAll(/`((?:packages|apps|tooling)\/[^\s`]*)`/g)].map(
      ([, path]) => path!,
    ),
  ),
]

describe.each(['CONTRIBUTING.md', 'ARCHITECTURE.md'])('%s', (document) => {
  it.each(pathsOf(document))('%s exists', (path) => {
    // NAME stands for the file to be written, * for any package
    expect(
      globSync(path.includes('NAME') ? dirname(path) : path, { cwd: root }).length > 0,
      `${path} of ${document} is not there: say where it is now`,
    ).toBe(true)
  })
})

describe('ARCHITECTURE.md', () => {
  it('names every package', () => {
    const architecture = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
    for (const name of readdirSync(join(root, 'packages'))) expect(architecture).toContain(`\`${name}\``)
  })
})

describe('CONTRIBUTING.md', () => {
  it.each(sections.map((section) => [section.split('\n')[0]!, section] as const))(
    '%s: five lines, each with its file',
    (_, section) => {
      const lines = section.split('\n').filter((line) => /^\d\. /.test(line))
      expect(lines.map((line) => line[0])).toEqual(['1', '2', '3', '4', '5'])
      for (const line of lines) expect(line).toMatch(/`(?:packages|apps|tooling)\//)
    },
  )
})
