import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConversionReport, SearchRow } from '@snn/ann2snn'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { snn } from '../test/snn.js'
import { tinyModel, writeTinyData } from '../test/tiny.js'

let folder: string
const at = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-flags-'))
  await writeTinyData(at('data'))
  await cp(at('data'), at('copy'), { recursive: true })
  await writeFile(at('tiny.onnx'), tinyModel())
  await writeFile(at('sigmoid.onnx'), tinyModel({ activation: 'Sigmoid' }))
  await writeFile(at('mixed.onnx'), tinyModel({ behind: 'Sigmoid' }))
})
afterAll(() => rm(folder, { recursive: true }))

interface Converted {
  readonly report: ConversionReport
  readonly explanation?: readonly string[]
  readonly search?: { readonly annAccuracy: number; readonly rows: readonly SearchRow[] }
}

const run = (out: string, ...flags: string[]): ReturnType<typeof snn> =>
  snn('convert', at('tiny.onnx'), '--calibrate', `${at('data')}:train`, '--out', at(out), ...flags)

async function convert(out: string, ...flags: string[]): Promise<Converted> {
  const { code, stdout, stderr } = await run(out, ...flags, '--json')
  expect([code, stderr]).toEqual([0, ''])
  return JSON.parse(stdout) as Converted
}

async function accuracy(file: string, steps: number): Promise<number> {
  const { stdout } = await snn('eval', at(file), '--data', `${at('data')}:test`, '--steps', String(steps), '--json')
  return (JSON.parse(stdout) as { readonly snn: readonly [{ readonly accuracy: number }] }).snn[0].accuracy
}

describe('flags of snn convert', { timeout: 240_000 }, () => {
  it.each([
    ['signed', [], { name: 'signed', spikes: 'binary', signed: true }, 64],
    ['burst', ['--levels', '3'], { name: 'burst', spikes: 'binary', signed: false, levels: 3 }, 64],
    ['phase', ['--levels', '5'], { name: 'phase', spikes: 'binary', signed: false, levels: 5 }, 10],
    ['stBif', ['--levels', '7'], { name: 'stBif', spikes: 'binary', signed: true, levels: 7 }, 32],
    ['multiThreshold', [], { name: 'multiThreshold', spikes: 'graded', signed: true, levels: 9, digits: 1 }, 32],
    [
      'differential',
      ['--levels', '6'],
      { name: 'differential', spikes: 'graded', signed: true, levels: 6, digits: 1 },
      8,
    ],
    ['delta', ['--levels', '4'], { name: 'delta', spikes: 'graded', signed: true, levels: 4, digits: 2 }, 8],
  ])('--code %s --levels: the report names both, and the file works', async (code, flags, expected, steps) => {
    const { report } = await convert(`${code}.snn.onnx`, '--code', code, ...flags)
    expect(report.code).toEqual(expected)
    expect(report.weights).toBe('kept')
    expect(await accuracy(`${code}.snn.onnx`, steps)).toBeGreaterThanOrEqual(0.96)
  })

  it('--steps calibrates for so many, --wait adds latency, --weights says what changed', async () => {
    const { report } = await convert('eight.snn.onnx', '--steps', '8', '--wait', '1', '--weights', 'calibrate')
    expect(report).toMatchObject({
      mode: 'sequential',
      per: 'channel',
      weights: 'calibrated',
      latency: 1,
      samples: { calibration: 120 },
    })
    expect(report.accuracy.map(({ T }) => T)).toEqual([5, 9])
    expect(await accuracy('eight.snn.onnx', 9)).toBeGreaterThanOrEqual(0.96)
    expect((await convert('biases.snn.onnx', '--steps', '8', '--weights', 'biases')).report.weights).toBe(
      'biases corrected',
    )
    expect((await convert('percentile.snn.onnx', '--steps', '8', '--mode', '99.9%')).report.mode).toBe('99.9%')
  })

  it('--explain says what figures mean, with --json too', async () => {
    const { stdout } = await run('explained.snn.onnx', '--code', 'delta', '--explain')
    expect(stdout).toContain('a chip must carry graded spikes')
    expect(stdout).toMatch(/Weights were not changed; \d+\.\d % of the multiply-accumulates/)
    const { explanation } = await convert('explained.snn.onnx', '--code', 'delta', '--explain')
    for (const sentence of explanation!) expect(stdout).toContain(sentence)
  })

  it('--budget --validate search, and write the first of the table', async () => {
    const { report, search } = await convert(
      'found.snn.onnx',
      '--budget',
      '2',
      '--validate',
      `${at('data')}:test`,
      '--validate-samples',
      '40',
    )
    const [first] = search!.rows
    expect(first).toMatchObject({ code: report.code.name, withinBudget: true })
    expect(search!.annAccuracy).toBe(1)
    expect(new Set(search!.rows.map(({ code }) => code)).size).toBeGreaterThanOrEqual(4)
    expect(await accuracy('found.snn.onnx', first!.T)).toBeGreaterThanOrEqual(0.96)
    const { stdout } = await run('found.snn.onnx', '--budget', '2')
    expect(stdout).toMatch(/ANN: 100\.0 % on \d+ samples[^]*\| code +\| calibration[^]*\| cannot be told/)
  })

  it('eval refuses the images that a file was calibrated with, wherever they lie, unless told', async () => {
    await convert('seen.snn.onnx', '--code', 'delta', '--samples', '30')
    for (const data of [`${at('data')}:train`, `${at('copy')}:train`]) {
      const { code, stdout, stderr } = await snn('eval', at('seen.snn.onnx'), '--data', data, '--steps', '4')
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toMatch(/^CALIBRATION: .*sample \d+ of .*calibrated with.*--same-data/)
    }
    const { stdout } = await snn(
      'eval',
      at('seen.snn.onnx'),
      '--data',
      `${at('data')}:train`,
      '--steps',
      '4',
      '--same-data',
      '--json',
    )
    expect(JSON.parse(stdout)).toMatchObject({ samples: 120 })
    expect(await accuracy('seen.snn.onnx', 4)).toBeGreaterThanOrEqual(0.96)
  })

  it('--resume goes on where it was cut off, with the same result, and removes its file', async () => {
    const flags = ['--steps', '8', '--weights', 'calibrate'] as const
    await convert('whole.snn.onnx', ...flags)
    const before = await readdir(folder)
    await convert('resumed.snn.onnx', ...flags, '--resume', at('calibration.jsonl'))
    expect((await readdir(folder)).filter((name) => !before.includes(name))).toEqual(['resumed.snn.onnx'])
    expect((await readFile(at('resumed.snn.onnx'))).equals(await readFile(at('whole.snn.onnx')))).toBe(true)
  })
})

describe.concurrent('flags that are refused', { timeout: 120_000 }, () => {
  const sampled = (): string => `${at('data')}:train`
  it.each<[string, () => string[], string, RegExp]>([
    ['an unknown code', () => ['--code', 'morse'], 'ARGUMENT', /--code/],
    ['levels of a code without', () => ['--levels', '4'], 'ARGUMENT', /levels 4.*'binary' have no levels/],
    ['digits of a code without', () => ['--digits', '2'], 'ARGUMENT', /digits 2.*'binary' are not graded/],
    ['too many levels', () => ['--code', 'delta', '--levels', '17'], 'ARGUMENT', /from 1 to 16/],
    ['waiting without steps', () => ['--wait', '1'], 'ARGUMENT', /wait 1.*without T/],
    [
      'waiting in a code that does not',
      () => ['--code', 'delta', '--wait', '1', '--steps', '4'],
      'ARGUMENT',
      /'binary' and 'signed' wait/,
    ],
    [
      'weights in a mode that leaves them',
      () => ['--weights', 'calibrate', '--mode', 'max'],
      'ARGUMENT',
      /mode 'sequential', which alone changes weights/,
    ],
    ['sequential without steps', () => ['--mode', 'sequential'], 'ARGUMENT', /T 0.*for how many steps/],
    ['resuming another mode', () => ['--resume', at('none.jsonl')], 'ARGUMENT', /resume in mode "99.9%"/],
    [
      'resuming from another file',
      () => ['--steps', '8', '--resume', at('sigmoid.onnx')],
      'ARGUMENT',
      /--resume .*no file of a calibration/,
    ],
    ['a budget of more than all', () => ['--budget', '101'], 'ARGUMENT', /--budget/],
    ['a budget and a code', () => ['--budget', '1', '--code', 'delta'], 'ARGUMENT', /--budget.*--code/],
    ['the same name to validate', () => ['--budget', '1', '--validate', sampled()], 'CALIBRATION', /must not see/],
    [
      'the same images to validate',
      () => ['--budget', '1', '--validate', `${at('copy')}:train`],
      'CALIBRATION',
      /120 of the samples/,
    ],
  ])('%s', async (_, flags, code, message) => {
    const { code: exit, stdout, stderr } = await run('refused.snn.onnx', ...flags())
    expect([exit, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(new RegExp(`^${code}: [^\\n]+\\n$`))
    expect(stderr).toMatch(message)
    expect(await readdir(folder)).not.toContain('refused.snn.onnx')
  })

  it('unless told: --same-data', async () => {
    const { search } = await convert('same.snn.onnx', '--budget', '5', '--validate', sampled(), '--same-data')
    expect(search!.rows.length).toBeGreaterThan(4)
  })

  it('a layer that the code cannot carry, naming codes that can', async () => {
    const { code, stderr } = await snn(
      'convert',
      at('mixed.onnx'),
      '--calibrate',
      sampled(),
      '--out',
      at('x.snn.onnx'),
      '--code',
      'burst',
      '--json',
    )
    expect(code).toBe(2)
    expect((JSON.parse(stderr) as { details: { layers: [{ fix: string }] } }).details.layers[0].fix).toContain(
      "'delta'",
    )
    const { report } = JSON.parse(
      (
        await snn(
          'convert',
          at('mixed.onnx'),
          '--calibrate',
          sampled(),
          '--out',
          at('x.snn.onnx'),
          '--code',
          'delta',
          '--json',
        )
      ).stdout,
    ) as Converted
    expect(report.spikingShare).toBeLessThan(1)
  })
})
