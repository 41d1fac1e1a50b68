import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './workspace.ts'

it('engines are checked for the Node that the workspace runs with', () => {
  const [, pinned] = /^importers:\n\n {2}\.:\n[^]*?\n {6}node:\n {8}specifier: .*\n {8}version: (\S+)/m.exec(
    readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'),
  )!
  const [, checked] = /^nodeVersion: (\S+)/m.exec(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))!
  expect(checked, 'write this version into pnpm-workspace.yaml').toBe(pinned)
})
