import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { encode } from 'fast-png'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedData } from '../../test/shared-data.js'
import { imageFolder } from './image-folder.js'
import { openDataset } from './open-dataset.js'

/** A picture of one pixel, by whose value it is known again. */
const png = (value: number): Uint8Array =>
  encode({ width: 1, height: 1, data: Uint8Array.of(value, value, value), channels: 3, depth: 8 })

let root: string
let folders = 0
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), 'class-folders-'))))
afterAll(() => rm(root, { recursive: true }))

async function folderOf(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = join(root, String(folders++))
  await mkdir(folder)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

async function contents(
  description: string,
): Promise<{
  classes: readonly string[] | undefined
  samples: [value: number, label: number][]
  notes: readonly string[] | undefined
}> {
  const dataset = await openDataset(description)
  const samples = await Promise.all(
    Array.from({ length: dataset.length }, async (_, i): Promise<[number, number]> => {
      const { image, label } = await dataset.get(i)
      return [image.data[0]!, label]
    }),
  )
  return { classes: dataset.classes, samples, notes: dataset.notes }
}

describe('pictures in class folders', () => {
  it('takes nested folders in the order of names, and says what it leaves out', async () => {
    const folder = await folderOf({
      'dog/b.png': png(4),
      'dog/a.PNG': png(3),
      'dog/sub/deep/c.png': png(6),
      'dog/sub/a.png': png(5),
      'Cat/2.png': png(2),
      'Cat/10.png': png(1),
      'README.md': 'two classes',
      'dog/notes.txt': 'no picture',
      'Cat/.hidden.png': 'x',
      '.git/config': 'x',
      '__MACOSX/dog/._a.png': 'x',
    })
    await symlink(join(folder, 'dog'), join(folder, 'dog/sub/again'))
    expect(await contents(folder)).toEqual({
      classes: ['Cat', 'dog'],
      samples: [
        [1, 0],
        [2, 0],
        [3, 1],
        [4, 1],
        [5, 1],
        [6, 1],
      ],
      notes: [expect.stringMatching(/^2 files of \d+ left out, no pictures of a class: README\.md, dog\/notes\.txt$/)],
    })
    expect((await openDataset(folder)).description).toMatch(/^pictures \d+ in 2 classes, 6$/)
  })

  it('takes the parts of a set, and asks which one', async () => {
    const folder = await folderOf({
      'train/a/1.png': png(1),
      'train/b/1.png': png(2),
      'val/a/1.png': png(3),
      'val/b/1.png': png(4),
    })
    expect((await contents(`${folder}:train`)).samples).toEqual([
      [1, 0],
      [2, 1],
    ])
    expect((await contents(`${folder}:test`)).samples).toEqual([
      [3, 0],
      [4, 1],
    ])
    const fewer = await folderOf({
      'train/a/1.png': png(1),
      'train/b/1.png': png(2),
      'train/c/1.png': png(3),
      'test/a/1.png': png(4),
      'test/c/1.png': png(5),
    })
    for (const test of [`${fewer}:test`, `${fewer}/test`]) {
      expect(await contents(test)).toEqual({
        classes: ['a', 'b', 'c'],
        samples: [
          [4, 0],
          [5, 2],
        ],
        notes: ['test has no pictures of b, a class of the folder train beside it, by which labels are numbered'],
      })
    }
    const more = await folderOf({ 'train/a/1.png': png(1), 'test/a/1.png': png(2), 'test/Aa/1.png': png(3) })
    await expect(openDataset(`${more}:test`)).rejects.toThrow(/classes that \d+\/train lacks: Aa\./)
    await expect(openDataset(folder)).rejects.toThrow(
      /holds train, val, which are parts of a set and no classes\. Write \d+\/train or \d+\/val/,
    )
  })

  it.each([
    ['a class without pictures', { 'a/1.png': png(1), 'b/notes.txt': 'x' }, 'DATA_INVALID', /no picture in b/],
    [
      'what is no picture though named so',
      { 'a/1.png': png(1), 'a/2.jpg': '<html>' },
      'DATA_INVALID',
      /a\/2\.jpg at byte 0: neither JPEG nor PNG/,
    ],
    ['an empty picture', { 'a/1.png': '' }, 'DATA_INVALID', /a\/1\.png/],
    [
      'pictures of another kind',
      { 'a/1.png': png(1), 'a/2.webp': 'RIFF' },
      'DATA_INVALID',
      /1 pictures that are neither JPEG nor PNG \(a\/2\.webp\)/,
    ],
    ['no pictures at all', { 'a/1.bin': 'x' }, 'DATA_NOT_FOUND', /a folder of JPEG or PNG pictures for each class/],
  ] as const)('refuses %s at once', async (_, files, code, message) => {
    await expect(openDataset(await folderOf(files))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  it('a folder that is not there, and a file, hold no pictures', async () => {
    const folder = await folderOf({ '1.png': png(1) })
    for (const path of [join(folder, 'none'), join(folder, '1.png')])
      await expect(imageFolder(path)).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  })

  it('pictures without class folders have no labels, and are no data set of classes', async () => {
    const folder = await folderOf({ '1.png': png(1), '2.png': png(2) })
    expect(await openDataset(folder)).toMatchObject({ length: 2, labelled: false })
    await expect(imageFolder(folder)).rejects.toMatchObject({
      code: 'DATA_NOT_FOUND',
      message: expect.stringMatching(/a folder of JPEG or PNG pictures for each class/) as string,
    })
  })

  it('law: every picture once, with the place of its folder among the sorted names', async () => {
    const part = fc.stringMatching(/^[A-Za-z0-9_]{1,4}$/)
    const tree = fc.uniqueArray(fc.tuple(part, fc.array(part, { maxLength: 2 }), part), {
      minLength: 1,
      maxLength: 12,
      selector: ([name, below, file]) => [name, ...below, file].join('/').toLowerCase(),
    })
    await fc.assert(
      fc.asyncProperty(tree, async (pictures) => {
        const paths = pictures.map(([name, below, file]) =>
          [`class${name}`, ...below.map((folder) => `in${folder}`), `${file}.png`].join('/'),
        )
        const folder = await folderOf(
          Object.fromEntries([...paths.map((path, i) => [path, png(i)] as const), ['LICENSE', 'x']]),
        )
        const classes = [...new Set(paths.map((path) => path.split('/')[0]!))].sort()
        const { samples, ...found } = await contents(folder)
        expect(found.classes).toEqual(classes)
        expect([...samples].sort((a, b) => a[0] - b[0])).toEqual(
          paths.map((path, i) => [i, classes.indexOf(path.split('/')[0]!)]),
        )
        expect(samples.map(([, label]) => label)).toEqual(samples.map(([, label]) => label).sort((a, b) => a - b))
      }),
      { numRuns: 50 },
    )
  })

  const shared = sharedData('faults/pictures-in-class-folders')
  it.skipIf(!shared)('of real files', async () => {
    const dataset = await openDataset(shared!)
    expect([dataset.length, dataset.classes, (await dataset.get(0)).label, (await dataset.get(5)).label]).toEqual([
      6,
      ['cat', 'dog'],
      0,
      1,
    ])
  })
})
