import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EpochResult } from '@snn/train'
import { commandOf, finish, snn, start } from '../test/snn.js'
import { placeholder, repeat } from '@snn/tensor'
import { evaluateShapes } from '@snn/tensor/library'
import { writeTinyData } from '../test/tiny.js'
import { describeInspection } from './commands/inspect.js'
import { evaluateModel } from './evaluate-model.js'
import { inspectModel } from './inspect-model.js'
import { trainModel } from './train-model.js'
import { trainingNetworks } from './training-networks.js'

let folder: string
const at = (name: string): string => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-train-'))
  await writeTinyData(at('data'))
  await writeFile(at('file'), '')
})
afterAll(() => rm(folder, { recursive: true }))

const settings = ['--batch', '20', '--width', '16', '--lr', '0.02']
const mlp = (out: string, ...more: string[]): string[] => [
  'train',
  'mnist',
  '--model',
  'mlp',
  '--data',
  at('data'),
  '--out',
  at(out),
  ...settings,
  ...more,
]
const lines = async (path: string): Promise<Record<string, unknown>[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

interface Printed {
  readonly history: readonly EpochResult[]
  readonly [key: string]: unknown
}

describe('snn train', { timeout: 120_000 }, () => {
  it('trains, keeps checkpoint and log, and prints one object', async () => {
    const { code, stdout, stderr } = await snn(...mlp('one', '--epochs', '5', '--json'))
    expect([code, stderr]).toEqual([0, ''])
    const result = JSON.parse(stdout) as Printed
    expect(result).toMatchObject({
      dataset: 'mnist',
      model: 'mlp',
      steps: 8,
      parameters: 64 * 16 + 16 + 16 * 10 + 10,
      checkpoint: at('one/checkpoint.safetensors'),
      log: at('one/log.jsonl'),
      seconds: expect.any(Number) as unknown,
    })
    expect(result.history.map(({ epoch, steps }) => [epoch, steps])).toEqual([1, 2, 3, 4, 5].map((e) => [e, 6 * e]))
    expect(result.history.at(-1)!.validation!.accuracy).toBeGreaterThan(0.9)
    expect((await lines(at('one/log.jsonl'))).filter(({ type }) => type === 'epoch').map(({ epoch }) => epoch)).toEqual(
      [1, 2, 3, 4, 5],
    )
    expect((await readdir(at('one'))).sort()).toEqual(['checkpoint.safetensors', 'log.jsonl', 'model.snn.onnx'])
  })

  it('goes on with --resume as if it had not stopped, and prints a line for each pass to readers', async () => {
    const straight = JSON.parse(
      (await snn(...mlp('straight', '--epochs', '3', '--schedule', 'constant', '--json'))).stdout,
    ) as Printed
    expect((await snn(...mlp('parts', '--epochs', '1', '--schedule', 'constant'))).stdout).toMatch(
      /^epoch 1 of 1: loss [\d.]+, train [\d.]+ %, test [\d.]+ %\nmlp on mnist \(/,
    )
    const resumed = JSON.parse(
      (await snn(...mlp('parts', '--epochs', '3', '--schedule', 'constant', '--resume', '--json'))).stdout,
    ) as Printed
    expect(resumed.history).toEqual(straight.history)
  })

  it('writes the network as a file, says the accuracy that snn eval measures on it and on the checkpoint, and shows how it is read', async () => {
    const work = { signal: new AbortController().signal, onProgress: () => {} }
    const run = async (epochs: number, resume = false) => {
      const notes: string[] = []
      const options = {
        model: 'mlp',
        data: at('data'),
        out: at('network'),
        batch: 20,
        width: 16,
        lr: 0.02,
        optimizer: 'adam',
        schedule: 'cosine',
        seed: 0,
        every: 200,
      } as const
      return {
        ...(await trainModel(
          'mnist',
          { ...options, epochs, resume },
          { ...work, onEpoch: () => {}, onNote: (text) => notes.push(text) },
        )),
        notes,
      }
    }
    const trained = await run(2)
    expect(trained.network).toBe(at('network/model.snn.onnx'))
    expect([trained.accuracy, trained.notes]).toEqual([trained.history.at(-1)!.validation!.accuracy, []])
    for (const file of [trained.network, trained.checkpoint]) {
      expect(await evaluateModel(file, { data: `${at('data')}:test` }, work)).toMatchObject({
        samples: 50,
        snn: [{ steps: 8, accuracy: trained.accuracy }],
      })
      expect(describeInspection(await inspectModel(file, {}, work))).toContain(
        'run: T = 8, read by: count over all steps',
      )
    }
    expect(
      (await evaluateModel(trained.network, { data: `${at('data')}:test`, readout: 'last', steps: [4, 8] }, work)).snn,
    ).toHaveLength(2)
    const more = await run(3, true)
    expect(more.notes).toEqual([
      expect.stringMatching(
        /^goes on after epoch 2 with 3 epochs instead of 2: .* cosine of 3 epochs, from 25\.0\d? % of its first value .*: 0\.0/,
      ),
    ])
    expect(more.history).toHaveLength(3)
    const again = await run(3, true)
    expect([again.notes, again.accuracy]).toEqual([[expect.stringContaining('3 of 3 epochs are done')], more.accuracy])
  })

  it.runIf(process.platform === 'linux')(
    'shows progress on a terminal; Ctrl-C ends with 130 after a checkpoint, and nothing is lost',
    async () => {
      const straight = JSON.parse((await snn(...mlp('whole', '--epochs', '40', '--json'))).stdout) as Printed
      const [command, args] = commandOf('main.ts', mlp('cut', '--epochs', '40', '--json'))
      const child = start('script', ['-qec', [command, ...args].map((word) => `'${word}'`).join(' '), '/dev/null'])
      let pressed = false
      child.stdout.on('data', (bytes: Buffer) => {
        if (pressed || !/epoch [2-9] of 40/.test(bytes.toString())) return
        pressed = true
        child.stdin.write('\x03')
      })
      const { code, stdout } = await finish(child)
      expect(code).toBe(130)
      expect(stdout).toMatch(
        /train +[█░]+ \d+\/6, .*; epoch \d+ of 40, loss [\d.e-]+, [\d.]+ %, [\d,]+ images\/s, \d\d:\d\d:\d\d in all/,
      )
      expect(stdout).toMatch(/\{"code":"ABORTED","message":"[^"]*SIGINT/)
      const resumed = JSON.parse((await snn(...mlp('cut', '--epochs', '40', '--resume', '--json'))).stdout) as Printed
      expect(resumed.history).toEqual(straight.history)
    },
  )

  it('trains a convolutional network with SGD', async () => {
    const { code, stdout, stderr } = await snn(
      'train',
      'mnist',
      '--model',
      'csnn',
      '--data',
      at('data'),
      '--out',
      at('conv'),
      '--width',
      '4',
      '--batch',
      '20',
      '--epochs',
      '2',
      '--optimizer',
      'sgd',
      '--lr',
      '0.1',
      '--samples',
      '60',
      '--test-samples',
      '30',
      '--json',
    )
    expect([code, stderr]).toEqual([0, ''])
    const { history, steps } = JSON.parse(stdout) as Printed
    expect(steps).toBe(4)
    expect(history.map(({ validation, steps: updates }) => [updates, validation!.samples])).toEqual([
      [3, 30],
      [6, 30],
    ])
    expect(history[1]!.loss).toBeLessThan(history[0]!.loss)
  })

  it('says in its help what there is', async () => {
    const { code, stdout } = await snn('train', '--help')
    expect(code).toBe(0)
    for (const part of ['csnn', 'vgg', 'nmnist', '--resume', 'snn train mnist --model mlp'])
      expect(stdout).toContain(part)
  })
})

describe.concurrent('snn train, bad input', { timeout: 120_000 }, () => {
  it.each<[string, () => string[], string, RegExp]>([
    [
      'an unknown set',
      () => ['train', 'mnst', '--model', 'mlp', '--data', at('data')],
      'ARGUMENT',
      /mnst.*mnist, fashionMnist/,
    ],
    ['an unknown model', () => ['train', 'mnist', '--model', 'mpl', '--data', at('data')], 'ARGUMENT', /mlp, csnn/],
    ['no data', () => ['train', 'mnist', '--model', 'mlp'], 'ARGUMENT', /--data/],
    [
      'data that are not there',
      () => ['train', 'mnist', '--model', 'mlp', '--data', at('gone')],
      'DATA_NOT_FOUND',
      /gone/,
    ],
    [
      'event data that are not there',
      () => ['train', 'nmnist', '--model', 'mlp', '--data', at('data')],
      'DATA_NOT_FOUND',
      /N-MNIST/,
    ],
    [
      '--test for event data',
      () => ['train', 'nmnist', '--model', 'mlp', '--data', at('data'), '--test', at('data')],
      'ARGUMENT',
      /--test/,
    ],
    ['a learning rate of 0', () => mlp('x', '--lr', '0'), 'ARGUMENT', /--lr/],
    ['no whole number of passes', () => mlp('x', '--epochs', '1.5'), 'ARGUMENT', /--epochs/],
    ['a batch that is too large', () => mlp('x', '--batch', '200'), 'ARGUMENT', /120 samples in batches of 200/],
    ['an unknown optimiser', () => mlp('x', '--optimizer', 'adagrad'), 'ARGUMENT', /adam, adamW, sgd/],
    ['a folder that is a file', () => mlp('file'), 'OUTPUT', /--out/],
    ['a folder with a training', () => mlp('one'), 'ARGUMENT', /--resume/],
    [
      '--resume with other settings',
      () => mlp('one', '--epochs', '5', '--seed', '9', '--resume'),
      'CHECKPOINT',
      /--seed 9, and the training in .* has 0/,
    ],
    [
      'a part of the data',
      () => ['train', 'mnist', '--model', 'mlp', '--data', `${at('data')}:train`, '--out', at('part')],
      'ARGUMENT',
      /one part of a set, expected its folder.*Give --data .*data,/,
    ],
  ])('%s ends with 2 and one line', async (_, args, errorCode, message) => {
    const { code, stdout, stderr } = await snn(...args())
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(new RegExp(`^${errorCode}: [^\\n]+\\n$`))
    expect(stderr).toMatch(message)
  })
})

describe('training networks', () => {
  it.each(Object.entries(trainingNetworks))(
    '%s gives spikes [T, N, classes] and a loss for each sample',
    (_, { T, create }) => {
      const { net, loss } = create({ shape: [3, 32, 32], classes: 10, width: 4 })
      const shapes = evaluateShapes(() => {
        const spikes = net.forward(repeat(placeholder([2, 3, 32, 32]), T))
        return { spikes, loss: loss(spikes, placeholder([2], 'int32')) }
      })
      expect([shapes.spikes.shape, shapes.loss.shape]).toEqual([[T, 2, 10], [2]])
    },
  )

  it.each(['csnn', 'vgg'])('%s wants pictures', (name) => {
    expect(() => trainingNetworks[name]!.create({ shape: [700], classes: 20, width: 4 })).toThrow(
      expect.objectContaining({ code: 'ARGUMENT' }),
    )
  })
})
