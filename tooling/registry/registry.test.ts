import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { execute } from '../execute.ts'
import { scope } from '../workspace.ts'
import { createConsumer } from './consumer.ts'
import { startRegistry, type Registry } from './registry.ts'

const name = `${scope}/tried`
let folder: string
let registry: Registry

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'registry-'))
  registry = await startRegistry(join(folder, 'registry'))
})
afterAll(async () => {
  await registry.close()
  rmSync(folder, { recursive: true })
})

function publish(version: string): Promise<string> {
  const directory = join(folder, version)
  mkdirSync(directory, { recursive: true })
  const manifest = { name, version, type: 'module', exports: './index.js' }
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest))
  writeFileSync(join(directory, 'index.js'), `export const version = '${version}'`)
  writeFileSync(join(directory, '.npmrc'), registry.npmrc)
  return execute('npm', ['publish', '--access', 'public'], { cwd: directory })
}

it('takes what is published, unless it breaks down, and gives it to projects', async () => {
  expect(await registry.read(name)).toBeUndefined()
  registry.refuse = (one) => one === name
  await expect(publish('0.1.0')).rejects.toThrow('the registry breaks down here')
  expect([await registry.read(name), registry.published]).toEqual([undefined, []])
  registry.refuse = () => false
  await publish('0.1.0')
  await expect(publish('0.1.0')).rejects.toThrow('cannot publish over the previously published')
  expect(registry.published).toEqual([`${name}@0.1.0`])
  const program = `console.log((await import('${name}')).version)`
  const options = { manager: 'npm', dependencies: { [name]: '^0.1.0' }, npmrc: registry.npmrc, program } as const
  const consumer = await createConsumer(join(folder, 'consumer'), options)
  expect([await consumer.run(), consumer.installed()]).toEqual(['0.1.0\n', [name]])
  await publish('0.1.1')
  await consumer.update()
  expect([consumer.versionOf(name), consumer.duplicates()]).toEqual(['0.1.1', []])
  expect((await registry.read(name))!['dist-tags']).toEqual({ latest: '0.1.1' })
})
