import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { replaceFile } from './replace-file.js'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'snn-replace-'))))
afterEach(() => rm(folder, { recursive: true }))

describe('replaceFile', () => {
  it('lets many write the same file at once: one of them wins, whole, and nothing else is left', async () => {
    const path = join(folder, 'model')
    const contents = Array.from({ length: 20 }, (_, i) => String(i).padEnd(100_000, String.fromCharCode(97 + i)))
    await Promise.all(contents.map((content) => replaceFile(path, content)))
    expect(contents).toContain(await readFile(path, 'utf8'))
    expect(await readdir(folder)).toEqual(['model'])
  })

  it('keeps the old file, and files of others, where it cannot write', async () => {
    await writeFile(join(folder, 'model.tmp'), 'of another')
    await replaceFile(join(folder, 'model'), 'first')
    await expect(replaceFile(join(folder, 'none/model'), 'second')).rejects.toThrow('ENOENT')
    expect((await readdir(folder)).sort()).toEqual(['model', 'model.tmp'])
    expect(await readFile(join(folder, 'model.tmp'), 'utf8')).toBe('of another')
  })
})
