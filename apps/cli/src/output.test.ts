import { execFileSync } from 'node:child_process'
import { copyFile, link, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isSnnError } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { snn } from '../test/snn.js'
import { tinyModel, writeTinyData } from '../test/tiny.js'
import { convertModel } from './convert-model.js'

let folder: string
const at = (name: string): string => join(folder, name)
const work = { signal: new AbortController().signal, onProgress: () => {} }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-output-'))
  await writeTinyData(at('data'))
  await writeFile(at('tiny.onnx'), tinyModel())
  await link(at('tiny.onnx'), at('hard.onnx'))
  await symlink('tiny.onnx', at('soft.onnx'))
  await symlink('data', at('same-data'))
  await symlink('/dev/null', at('device.onnx'))
  await writeFile(at('file'), '')
  await writeFile(at('old.json'), 'old')
  execFileSync('mkfifo', [at('pipe.onnx')])
})
afterAll(() => rm(folder, { recursive: true }))

const convert = (
  out: string,
  more: { readonly report?: string; readonly resume?: string; readonly model?: string } = {},
): Promise<unknown> => {
  const { model = 'tiny.onnx', ...files } = more
  return convertModel(
    at(model),
    {
      calibrate: `${at('data')}:train`,
      out: at(out),
      samples: 20,
      ...Object.fromEntries(Object.entries(files).map(([key, name]) => [key, at(name)])),
    },
    work,
  )
}

describe('snn convert refuses before the work, and changes nothing', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['the model', () => convert('tiny.onnx'), /--out .*tiny.onnx .*an input of the same command/],
    ['the model by another path', () => convert('data/../tiny.onnx'), /an input/],
    ['the model by a link', () => convert('soft.onnx'), /an input/],
    ['the model by a hard link', () => convert('hard.onnx'), /an input/],
    ['the model, read by a link', () => convert('tiny.onnx', { model: 'soft.onnx' }), /an input/],
    ['a file of the data', () => convert('data/train-images-idx3-ubyte.gz'), /an input/],
    ['a file of the data by another folder', () => convert('same-data/train-labels-idx1-ubyte.gz'), /an input/],
    ['a device', () => convert('device.onnx'), /a device/],
    ['a pipe', () => convert('pipe.onnx'), /a pipe/],
    ['a folder', () => convert('data'), /a folder/],
    ['a name that ends as a folder', () => convert('new/'), /ends as a folder/],
    ['no folder', () => convert('gone/x.onnx'), /the folder is not there/],
    ['a file as a folder', () => convert('file/x.onnx'), /is a file, not a folder/],
    ['a report in no folder', () => convert('x.onnx', { report: 'gone/x.json' }), /--report/],
    ['one file for two', () => convert('x.onnx', { report: 'x.onnx' }), /--report .* the file of --out/],
    [
      'one file to write and to go on from',
      () => convert('x.onnx', { resume: 'x.onnx' }),
      /--resume .* the file of --out/,
    ],
    ['the model as the file to go on from', () => convert('x.onnx', { resume: 'tiny.onnx' }), /--resume .*an input/],
  ])('%s', async (_, run, message) => {
    const error: unknown = await run().then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(isSnnError(error, 'OUTPUT'), String(error)).toBe(true)
    expect((error as Error).message).toMatch(message)
    expect(Buffer.compare(await readFile(at('tiny.onnx')), tinyModel())).toBe(0)
    expect((await readdir(folder)).sort()).toEqual([
      'data',
      'device.onnx',
      'file',
      'hard.onnx',
      'old.json',
      'pipe.onnx',
      'same-data',
      'soft.onnx',
      'tiny.onnx',
    ])
  })
})

describe('snn convert writes', { timeout: 60_000 }, () => {
  it('through a link, in the folder of the data, again and again', async () => {
    await symlink('data/net.snn.onnx', at('link.onnx'))
    for (let i = 0; i < 2; i++) await convert('link.onnx', { report: 'data/report.json' })
    expect((await lstat(at('link.onnx'))).isSymbolicLink()).toBe(true)
    expect((await readdir(at('data'))).filter((name) => !name.includes('ubyte')).sort()).toEqual([
      'net.snn.onnx',
      'report.json',
    ])
  })

  it('one line and 2 on the command line', async () => {
    await copyFile(at('tiny.onnx'), at('again.onnx'))
    const { code, stdout, stderr } = await snn(
      'convert',
      at('again.onnx'),
      '--calibrate',
      `${at('data')}:train`,
      '--out',
      at('again.onnx'),
    )
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(
      /^OUTPUT: \[output\] --out .*again.onnx cannot be written: it is an input of the same command [^\n]+\n$/,
    )
  })
})

describe('other commands', { timeout: 60_000 }, () => {
  it('snn data convert does not replace what it reads', async () => {
    const text = 't,x,y,p\n0,1,1,1\n5,2,2,0\n'
    await writeFile(at('events.csv'), text)
    await symlink('events.csv', at('events-link.csv'))
    const { code, stderr } = await snn(
      'data',
      'convert',
      at('events.csv'),
      '--sensor',
      '4x4',
      '--out',
      at('events-link.csv'),
    )
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^OUTPUT: .*an input of the same command/)])
    expect(await readFile(at('events.csv'), 'utf8')).toBe(text)
  })

  it('snn train does not write into a pipe or a folder of nobody', async () => {
    await mkdir(at('run'))
    execFileSync('mkfifo', [at('run/log.jsonl')])
    const run = (out: string): ReturnType<typeof snn> =>
      snn(
        'train',
        'mnist',
        '--model',
        'mlp',
        '--data',
        at('data'),
        '--out',
        at(out),
        '--width',
        '4',
        '--epochs',
        '1',
        '--batch',
        '20',
      )
    expect((await run('run')).stderr).toMatch(/^OUTPUT: .*log\.jsonl cannot be written: it is a pipe/)
    expect((await run('file/run')).stderr).toMatch(/^OUTPUT: \[output\] --out /)
  })

  it('a full disk behind standard output is an error', () => {
    expect(() =>
      execFileSync(
        'bash',
        ['-c', `${process.execPath} --conditions=@snn/source --import tsx src/main.ts data list > /dev/full`],
        { cwd: new URL('..', import.meta.url), stdio: 'pipe' },
      ),
    ).toThrow(/OUTPUT: .*standard output/)
  })
})
