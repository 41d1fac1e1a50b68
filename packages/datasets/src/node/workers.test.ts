import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { isSnnError, type TensorLike } from '@snn/tensor'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { randomEvents } from '../../test/random-events.js'
import { pipeline, type PipelineSpec } from '../events/pipeline.js'
import { atis } from '../events/formats/atis.js'
import { loader } from '../loader.js'
import { mapSamples, type Pair } from '../sample-pairs.js'
import { convertEvents } from './convert.js'
import { diskCache } from './disk-cache.js'
import { nmnist } from './sets/nmnist.js'
import { workerDataset } from './worker-dataset.js'

/** Threads of tests run the TypeScript sources. */
const execArgv = ['--conditions=@snn/source', '--import', 'tsx']
const spec: PipelineSpec = {
  transforms: [{ name: 'dropEvent', p: 0.5 }, { name: 'randomFlipLR' }],
  tensor: { name: 'toFrames', by: 'number', n: 4 },
}
const count = 40
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'snn-workers-'))
  for (let i = 0; i < count; i++) {
    await mkdir(join(root, `Train/${i % 10}`), { recursive: true })
    await writeFile(
      join(root, `Train/${i % 10}/${String(i).padStart(5, '0')}.bin`),
      await atis.write!(randomEvents(100, i)),
    )
  }
})
afterAll(() => rm(root, { recursive: true }))

const collect = async (batches: AsyncIterable<readonly [TensorLike, TensorLike]>) => {
  const all: [string, string][] = []
  for await (const [x, y] of batches) all.push([x.data.join(), y.data.join()])
  return all
}

describe('workerDataset', () => {
  it('gives what the same pipeline gives here, in every pass', { timeout: 60_000 }, async () => {
    const run = pipeline(spec)
    const here = mapSamples(await nmnist({ root, split: 'train' }), ({ events, label }, draw): Pair => [
      run(events, draw),
      label,
    ])
    await using there = await workerDataset(
      { set: 'nmnist', root, split: 'train', pipeline: spec },
      { workers: 2, execArgv },
    )
    expect([there.length, there.description]).toEqual([here.length, here.description])
    const options = { batch: 7, shuffle: true, seed: 3, prefetch: 2 }
    const [a, b] = [loader(here, options), loader(there, options)]
    const first = await collect(a)
    expect(await collect(b)).toEqual(first)
    const second = await collect(a)
    expect(await collect(b)).toEqual(second)
    expect(second).not.toEqual(first)
  })

  it('reads converted sets and modules, and passes errors on with their codes', { timeout: 60_000 }, async () => {
    await convertEvents(await nmnist({ root, split: 'train' }), join(root, 'converted'))
    await using converted = await workerDataset(
      { converted: join(root, 'converted'), pipeline: spec },
      { workers: 1, execArgv },
    )
    expect((await converted.get(3))[0].shape).toEqual([4, 2, 34, 34])
    await using numbers = await workerDataset(
      { module: new URL('../../test/worker-fixture.ts', import.meta.url).href, options: { length: 10 } },
      { workers: 2, execArgv },
    )
    expect(await Promise.all([5, 6].map((i) => numbers.get(i, 90 + i)))).toMatchObject([
      [{ data: Float32Array.of(5, 95) }, 5],
      [{ data: Float32Array.of(6, 96) }, 6],
    ])
    await expect(numbers.get(7)).rejects.toThrow('seven')
    await expect(numbers.get(10)).rejects.toMatchObject({ code: 'ARGUMENT' })
    await expect(
      workerDataset(
        { set: 'nmnist', root: join(root, 'nothing'), split: 'train', pipeline: spec },
        { workers: 1, execArgv },
      ),
    ).rejects.toMatchObject({ code: 'DATA_NOT_FOUND' })
  })

  it('keeps a program running while there is work, and no longer', { timeout: 60_000 }, async () => {
    const module = new URL('../../test/worker-fixture.ts', import.meta.url).href
    const code = `import { workerDataset } from ${JSON.stringify(new URL('./worker-dataset.ts', import.meta.url).href)}
      const numbers = await workerDataset({ module: ${JSON.stringify(module)}, options: { length: 3 } }, { workers: 2 })
      console.log((await numbers.get(1))[1])`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [...execArgv, '--input-type=module', '--eval', code],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
    )
    expect(stdout).toBe('1\n')
  })

  it('refuses functions, which cannot be sent to a thread', async () => {
    const source = { converted: root, pipeline: { tensor: { name: 'toFrames', by: 'number', n: () => 4 } } }
    const error = await workerDataset(source as never, { workers: 1 }).then(
      () => undefined,
      (e: unknown) => e,
    )
    expect(isSnnError(error, 'ARGUMENT') && error.message).toMatch(/pipeline\.tensor\.n is a function.*module/)
    await expect(workerDataset((() => {}) as never, { workers: 1 })).rejects.toMatchObject({ code: 'ARGUMENT' })
  })
})

describe('diskCache', () => {
  it('makes each sample once for each copy, and makes a damaged one again', async () => {
    let made = 0
    const source = mapSamples({ length: 3, description: '', get: async (i: number) => i }, (i, draw): Pair => {
      made++
      return [
        { data: Float32Array.of(i, draw), shape: [1, 2] },
        i === 2 ? { data: Int32Array.of(4, 5), shape: [2] } : i,
      ]
    })
    const folder = join(root, 'cache')
    const passes = loader(diskCache(source, { folder, copies: 2 }), { batch: 1 })
    const runs = [await collect(passes), await collect(passes), await collect(passes), await collect(passes)]
    expect(made).toBe(6)
    expect(runs[2]).toEqual(runs[0])
    expect(runs[3]).toEqual(runs[1])
    expect(runs[1]).not.toEqual(runs[0])
    expect(runs[0]![2]).toEqual(['2,2', '4,5'])
    await writeFile(join(folder, '1-0.npz'), 'damaged')
    expect(await collect(loader(diskCache(source, { folder, copies: 2 }), { batch: 1 }))).toEqual(runs[0])
    expect(made).toBe(7)
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
  })
})
