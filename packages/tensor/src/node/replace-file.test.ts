import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isSnnError } from '../index.js'
import { appendToFile, checkOutputs, makeFolder, replaceFile, replaceFolder } from '../node.js'

let folder: string
const at = (...path: string[]): string => join(folder, ...path)
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'snn-output-'))))
afterEach(() => {
  chmodSync(folder, 0o700)
  rmSync(folder, { recursive: true })
})

/** Everything below a folder: contents of files, ends of links, kinds of the rest. */
function snapshot(): Record<string, string> {
  return Object.fromEntries(
    (readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
      const info = lstatSync(at(name))
      return [
        name,
        info.isSymbolicLink()
          ? `-> ${readlinkSync(at(name))}`
          : info.isFile()
            ? readFileSync(at(name), 'utf8')
            : info.isDirectory()
              ? 'folder'
              : 'other',
      ]
    }),
  )
}

/** What may stand where output goes: how it is made at `out`, and the file that is written then, or none. */
const places: Readonly<
  Record<string, { readonly make: () => void; readonly path?: string; readonly written?: string }>
> = {
  nothing: { make: () => {}, written: 'out' },
  'a file': { make: () => writeFileSync(at('out'), 'old'), written: 'out' },
  'a file in a folder': { make: () => mkdirSync(at('sub')), path: 'sub/new', written: 'sub/new' },
  'another name of a file': { make: () => linkSync(at('input'), at('out')), written: 'out' },
  'a link to a file': { make: () => (writeFileSync(at('end'), 'old'), symlinkSync('end', at('out'))), written: 'end' },
  'a link to a link in a folder that is a link': {
    make: () => (
      mkdirSync(at('real')),
      mkdirSync(at('real', 'deep')),
      symlinkSync('real/deep', at('sub')),
      symlinkSync('../end', at('real/deep/next')),
      symlinkSync('sub/next', at('out'))
    ),
    written: 'real/end',
  },
  'a link to nothing': { make: () => symlinkSync('end', at('out')), written: 'end' },
  'a link to nothing in no folder': { make: () => symlinkSync('none/end', at('out')) },
  'a link to itself': { make: () => symlinkSync('out', at('out')) },
  'a link to a folder': { make: () => (mkdirSync(at('sub')), symlinkSync('sub', at('out'))) },
  'a link to a device': { make: () => symlinkSync('/dev/null', at('out')) },
  'a folder': { make: () => mkdirSync(at('out')) },
  'a pipe': { make: () => execFileSync('mkfifo', [at('out')]) },
  'a name that ends as a folder': { make: () => {}, path: 'out/' },
  'a name that ends as a folder, of a file': { make: () => writeFileSync(at('out'), 'old'), path: 'out/' },
  'no folder': { make: () => {}, path: 'none/out' },
  'a file instead of a folder': { make: () => writeFileSync(at('sub'), 'old'), path: 'sub/out' },
  'a long name': { make: () => {}, path: 'x'.repeat(255), written: 'x'.repeat(255) },
  'too long a name': { make: () => {}, path: 'x'.repeat(256) },
  'a zero in the name': { make: () => {}, path: 'a\0b' },
}

describe('where output goes', () => {
  const writers = {
    replaceFile: (path: string) => replaceFile(path, 'new'),
    appendToFile: (path: string) => appendToFile(path, 'new'),
    'a check': (path: string) => checkOutputs({ '--out': path }),
  }

  it.each(Object.entries(places))(
    '%s: written whole, or an error that names it, with all else as it was',
    async (_, { make, path = 'out', written }) => {
      for (const [writer, write] of Object.entries(writers)) {
        writeFileSync(at('input'), 'input')
        make()
        const before = snapshot()
        const error: unknown = await write(`${folder}/${path}`).then(
          () => undefined,
          (thrown: unknown) => thrown,
        )
        const old = before[written ?? ''] ?? ''
        if (written === undefined) {
          expect(isSnnError(error, 'OUTPUT'), `${writer}: ${String(error)}`).toBe(true)
          expect((error as Error).message).toContain(path)
        } else expect(error).toBeUndefined()
        const change =
          written === undefined || writer === 'a check'
            ? {}
            : { [written]: writer === 'replaceFile' ? 'new' : `${old}new` }
        // a file with two names is one file to add to, and two once one of them is replaced
        if (writer === 'appendToFile' && old === 'input') Object.assign(change, { input: 'inputnew' })
        expect(snapshot(), writer).toEqual({ ...before, ...change })
        for (const name of readdirSync(folder)) rmSync(at(name), { recursive: true })
      }
    },
  )

  it('a socket is no file', async () => {
    const server = createServer()
    await new Promise<void>((done) => server.listen(at('out'), done))
    await expect(replaceFile(at('out'), 'new')).rejects.toThrow('a socket')
    await new Promise((done) => server.close(done))
  })

  it.skipIf(process.getuid?.() === 0)('a folder or a file without permission', async () => {
    writeFileSync(at('out'), 'old', { mode: 0o400 })
    await expect(replaceFile(at('out'), 'new')).rejects.toMatchObject({ code: 'OUTPUT' })
    chmodSync(folder, 0o500)
    await expect(replaceFile(at('other'), 'new')).rejects.toMatchObject({ code: 'OUTPUT' })
  })

  it('keeps who may read a file', async () => {
    writeFileSync(at('out'), 'old')
    chmodSync(at('out'), 0o640)
    await replaceFile(at('out'), 'new')
    expect(lstatSync(at('out')).mode & 0o777).toBe(0o640)
  })

  it('leaves the old file, and nothing else, when the content fails on the way or is none', async () => {
    writeFileSync(at('out'), 'old')
    const half = async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10)
      throw new Error('the source broke')
    }
    await expect(replaceFile(at('out'), half())).rejects.toThrow('the source broke')
    await expect(replaceFile(at('out'), undefined as never)).rejects.toMatchObject({ code: 'ARGUMENT' })
    expect(snapshot()).toEqual({ out: 'old' })
  })

  it('lets many write the same file at once, also through links: one of them wins, whole, and nothing else is left', async () => {
    symlinkSync('out', at('link'))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('out', 'link'), fc.integer({ min: 0, max: 60_000 })), {
          minLength: 2,
          maxLength: 12,
        }),
        async (writes) => {
          const contents = writes.map(([, length], i) => `${i}:${'x'.repeat(length)}`)
          await Promise.all(writes.map(([name], i) => replaceFile(at(name), contents[i]!, { durable: false })))
          expect(contents).toContain(readFileSync(at('out'), 'utf8'))
          expect(readdirSync(folder).sort()).toEqual(['link', 'out'])
          expect(lstatSync(at('link')).isSymbolicLink()).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  })

  it('removes what is half written when the process ends', () => {
    const program = `
      import { replaceFile } from ${JSON.stringify(new URL('../node.ts', import.meta.url).href)}
      const endless = async function* () { for (;;) { yield new Uint8Array(1000); await new Promise((done) => setTimeout(done, 1)) } }
      void replaceFile(${JSON.stringify(at('out'))}, endless())
      setTimeout(() => process.exit(3), 100)`
    const root = join(import.meta.dirname, '../../../..')
    expect(() =>
      execFileSync(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {
        cwd: root,
        stdio: 'pipe',
      }),
    ).toThrow(expect.objectContaining({ status: 3 }))
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('checkOutputs', () => {
  const refusal = (outputs: Record<string, string | undefined>, ...inputs: string[]): Promise<unknown> =>
    checkOutputs(outputs, { inputs }).then(
      () => 'none',
      (error: unknown) => (error as Error).message,
    )

  it('an input is never an output, by whatever name it is called', async () => {
    mkdirSync(at('data'))
    writeFileSync(at('data', 'input'), 'input')
    linkSync(at('data/input'), at('hard'))
    symlinkSync('data/input', at('soft'))
    symlinkSync('data', at('folder'))
    const names = ['data/input', 'data/../data/input', 'hard', 'soft', 'folder/input']
    for (const out of names)
      for (const input of names)
        expect(await refusal({ '--out': at(out) }, at(input))).toContain('is an input of the same command')
    for (const out of names.filter((name) => name !== 'hard'))
      expect(await refusal({ '--out': at(out) }, at('folder'))).toContain('is an input of the same command')
    expect(await refusal({ '--out': at('data/new') }, at('folder'), at('data/input'))).toBe('none')
  })

  it('two outputs are two files', async () => {
    symlinkSync('one', at('link'))
    expect(await refusal({ '--out': at('one'), '--report': at('link') })).toMatch(
      /--report .*link cannot be written: it is the file of --out/,
    )
    expect(await refusal({ '--out': at('one'), '--report': undefined, '--resume': at('two') })).toBe('none')
  })
})

describe('a full disk', () => {
  it('is told before the work, and by every writer, with the file; the old file stays', async ({ skip }) => {
    const disk = at('disk')
    mkdirSync(disk)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', disk], { stdio: 'pipe' })
    } catch {
      skip('NOT TESTED: a full disk, for this process may mount none')
    }
    try {
      await replaceFile(join(disk, 'out'), 'old')
      for (const write of [
        () => replaceFile(join(disk, 'out'), 'x'.repeat(500_000)),
        () => appendToFile(join(disk, 'log'), 'x'.repeat(500_000)),
      ]) {
        await expect(write()).rejects.toMatchObject({
          code: 'OUTPUT',
          message: expect.stringMatching(/disk\/(out|log) cannot be written: the disk is full/) as string,
        })
      }
      expect(readFileSync(join(disk, 'out'), 'utf8')).toBe('old')
      expect(readdirSync(disk).sort()).toEqual(['log', 'out'])
      await expect(checkOutputs({ '--out': join(disk, 'out') })).rejects.toThrow('--out')
    } finally {
      execFileSync('umount', [disk])
    }
  })
})

describe('folders', () => {
  it('appear when they are whole, in the place of an old one', async () => {
    await replaceFolder(at('a/b'), async (temporary) => replaceFile(join(temporary, 'one'), '1'))
    await expect(
      replaceFolder(
        at('a/b'),
        async (temporary) => (writeFileSync(join(temporary, 'two'), '2'), Promise.reject(new Error('no'))),
      ),
    ).rejects.toThrow('no')
    expect(snapshot()).toEqual({ a: 'folder', 'a/b': 'folder', 'a/b/one': '1' })
    await replaceFolder(at('a/b'), async (temporary) => replaceFile(join(temporary, 'three'), '3'))
    expect(snapshot()).toEqual({ a: 'folder', 'a/b': 'folder', 'a/b/three': '3' })
  })

  it.skipIf(!existsSync('/proc/self'))('are refused where a file system takes none', async () => {
    for (const path of ['/proc/new', '/proc/new/deeper'])
      await expect(makeFolder(path), path).rejects.toMatchObject({ code: 'OUTPUT' })
  })

  it('are made with those above them, by several at once', async () => {
    await Promise.all(['a/b/c', 'a/b/d', 'a/b'].map((path) => makeFolder(at(path))))
    expect(snapshot()).toEqual({ a: 'folder', 'a/b': 'folder', 'a/b/c': 'folder', 'a/b/d': 'folder' })
  })

  it('are not made through a file', async () => {
    writeFileSync(at('file'), '')
    for (const path of ['file', 'file/sub', '\0'])
      await expect(makeFolder(at(path)), path).rejects.toMatchObject({ code: 'OUTPUT' })
    expect(existsSync(at('file'))).toBe(true)
  })
})
