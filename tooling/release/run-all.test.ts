import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute } from '../execute.ts'
import { hasRun, runAll } from './run-all.ts'
import { nodes, otherRuntimes } from './runtimes.ts'

let cwd: string
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'run-all-'))
  const files = {
    'package.json': '{ "type": "module" }',
    'run-all.js': runAll,
    'good.js': "console.log('good')",
    'bad.js': "throw new Error('this one')",
    'ends.js': 'process.exit(0)',
    'later.js': "setTimeout(() => { throw new Error('later') }, 20)",
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
})
afterAll(() => rmSync(cwd, { recursive: true }))

it.each([...nodes, ...otherRuntimes])('$name notices every module that fails', async ({ command, args }) => {
  const run = (...files: string[]): Promise<boolean> =>
    execute(command, [...args, 'run-all.js', ...files], { cwd }).then((printed) => hasRun(printed, files))
  expect(await run('good.js', 'good.js')).toBe(true)
  await expect(run('bad.js', 'good.js')).rejects.toThrow(/good\n[^]*bad\.js fails:[^]*this one/)
  expect(await run('ends.js', 'good.js')).toBe(false)
  await expect(run('later.js', 'good.js')).rejects.toThrow('later')
})
