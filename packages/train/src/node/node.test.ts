import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { writeSafetensors } from '@snn/nn'
import { isSnnError } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Checkpoint, TrainingRecord } from '../index.js'
import { checkpointFile, jsonLines } from '../node.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'train-'))
})
afterAll(() => rm(folder, { recursive: true }))

const checkpoint: Checkpoint = {
  tensors: {
    'network.linear1.weight': {
      data: Float32Array.of(0.1, -0, Number.NaN, 1e-45, Infinity, 3),
      shape: [2, 3],
      dtype: 'float32',
    },
    'optimizer.steps': { data: Int32Array.of(-7), shape: [], dtype: 'int32' },
    flags: { data: Uint8Array.of(1, 0, 1), shape: [3], dtype: 'bool' },
    double: { data: Float64Array.of(Math.PI), shape: [1], dtype: 'float64' },
  },
  position: {
    version: 1,
    epoch: 1,
    batch: 3,
    steps: 10,
    sums: { loss: 0.1 + 0.2, correct: 12, samples: 24 },
    history: [
      { epoch: 1, steps: 7, loss: 1 / 3, accuracy: 0.5, validation: { samples: 27, loss: 2 / 3, accuracy: 1 } },
    ],
    setting: { batchSize: 8, samples: 60, lastBatch: 'drop', identity: 'é"\n' },
  },
}

describe('checkpointFile', () => {
  it('gives back what was saved, to the bit, and leaves no other file', async () => {
    const path = join(folder, 'one.checkpoint')
    const store = checkpointFile(path)
    expect(await store.load()).toBeUndefined()
    await store.save({ ...checkpoint, tensors: {} })
    await store.save(checkpoint)
    const { tensors, position } = (await checkpointFile(path).load())!
    expect(position).toEqual(checkpoint.position)
    expect(
      Object.fromEntries(
        Object.entries(tensors).map(([name, { data, shape, dtype }]) => [name, { data, shape, dtype }]),
      ),
    ).toEqual(checkpoint.tensors)
    expect((await readdir(folder)).filter((name) => name.startsWith('one'))).toEqual(['one.checkpoint'])
  })

  it('is whole whenever the process is killed, also during a write', { timeout: 120_000 }, async () => {
    const path = join(folder, 'killed.checkpoint')
    const tsx = pathToFileURL(createRequire(join(import.meta.dirname, '../../../../package.json')).resolve('tsx')).href
    const program = fileURLToPath(new URL('../../test/save-forever.ts', import.meta.url))
    for (let i = 0; i < 6; i++) {
      const child = spawn(process.execPath, ['--conditions=@snn/source', '--import', tsx, program, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const closed = new Promise((resolve) => child.on('close', resolve))
      await new Promise((resolve) => child.stdout.once('data', resolve))
      await new Promise((resolve) => setTimeout(resolve, 7 * i))
      child.kill('SIGKILL')
      await closed
      const { tensors, position } = (await checkpointFile(path).load())!
      expect(new Set(tensors['a']!.data)).toEqual(new Set([position.steps]))
      await jsonLines(`${path}.jsonl`).start({ steps: position.steps, epoch: 0 })
      const lines = (await readFile(`${path}.jsonl`, 'utf8')).trimEnd().split('\n')
      expect((JSON.parse(lines.at(-1)!) as { step: number }).step).toBe(position.steps)
      await rm(`${path}.jsonl`)
    }
  })

  it.each<[string, (path: string) => Promise<void>]>([
    ['an empty file', (path) => writeFile(path, '')],
    [
      'half a file',
      async (path) => {
        await checkpointFile(path).save(checkpoint)
        const bytes = await readFile(path)
        await writeFile(path, bytes.subarray(0, bytes.length / 2))
      },
    ],
    ['a file without a position', (path) => writeFile(path, writeSafetensors(checkpoint.tensors))],
    [
      'a file with a damaged position',
      (path) => writeFile(path, writeSafetensors(checkpoint.tensors, { 'snn.training': '{"version":' })),
    ],
    [
      'a newer version',
      (path) => checkpointFile(path).save({ ...checkpoint, position: { ...checkpoint.position, version: 2 as 1 } }),
    ],
  ])('%s is DATA_INVALID', async (_, write) => {
    const path = join(folder, 'bad.checkpoint')
    await write(path)
    const error: unknown = await checkpointFile(path)
      .load()
      .catch((thrown: unknown) => thrown)
    expect(isSnnError(error, 'DATA_INVALID'), String(error)).toBe(true)
    expect((error as Error).message).toContain('bad.checkpoint')
  })

  it('passes on other errors, and leaves the old file when a write fails', async () => {
    await expect(checkpointFile(folder).load()).rejects.toThrow('EISDIR')
    await expect(checkpointFile(join(folder, 'no', 'folder')).save(checkpoint)).rejects.toMatchObject({
      code: 'OUTPUT',
    })
  })
})

describe('jsonLines', () => {
  const batch = (step: number, epoch: number): TrainingRecord => ({
    type: 'batch',
    epoch,
    step,
    loss: step,
    samplesPerSecond: 1,
  })
  const pass = (epoch: number): TrainingRecord => ({ type: 'epoch', epoch, step: 10 * epoch, loss: epoch, seconds: 1 })
  const read = async (path: string): Promise<unknown[]> =>
    (await readFile(path, 'utf8'))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown)

  it('reads, after an interruption, as if there had been none', async () => {
    const path = join(folder, 'log.jsonl')
    const log = jsonLines(path)
    await log.start({ steps: 0, epoch: 0 })
    for (const record of [batch(5, 1), batch(10, 1), pass(1), batch(15, 2), batch(20, 2), pass(2)])
      await log.write(record)
    await writeFile(path, `${await readFile(path, 'utf8')}{"type":"bat`)
    await jsonLines(path).start({ steps: 20, epoch: 1 })
    expect(await read(path)).toEqual([batch(5, 1), batch(10, 1), pass(1), batch(15, 2), batch(20, 2)])
    await jsonLines(path).start({ steps: 12, epoch: 1 })
    await log.write(batch(15, 2))
    expect(await read(path)).toEqual([batch(5, 1), batch(10, 1), pass(1), batch(15, 2)])
    await log.start({ steps: 0, epoch: 0 })
    expect(await read(path)).toEqual([])
  })
})
