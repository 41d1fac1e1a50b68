import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from './workspace.ts'

const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const sections = text.split(/^## /m).slice(1)

/** What is in backticks and begins with a folder of the repository. */
const paths = [...text.matchAll(/`((?:packages|apps|tooling)\/[^\s`]*)`/g)].map(([, path]) => path!)

describe('CONTRIBUTING.md', () => {
  it.each([...new Set(paths)])('%s exists', (path) => {
    // NAME stands for the file to be written, * for any package
    expect(globSync(path.includes('NAME') ? dirname(path) : path, { cwd: root }).length > 0, `${path} of CONTRIBUTING.md is not there: say where it is now`).toBe(true)
  })

  it.each(sections.map((section) => [section.split('\n')[0]!, section] as const))('%s: five lines, each with its file', (_, section) => {
    const lines = section.split('\n').filter((line) => /^\d\. /.test(line))
    expect(lines.map((line) => line[0])).toEqual(['1', '2', '3', '4', '5'])
    for (const line of lines) expect(line).toMatch(/`(?:packages|apps|tooling)\//)
  })
})
