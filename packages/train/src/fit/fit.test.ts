import { cpu } from '@snn/backend-cpu'
import { fromArrays, loader, type Loader } from '@snn/datasets'
import { lif } from '@snn/neuron'
import { batchNorm1d, defineLayer, input, linear, sequential, type Network, type StatelessLayer } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { compile, isSnnError, reference, repeat, uniform, zerosVariable, type Backend, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import {
  adam,
  countCrossEntropy,
  cosine,
  evaluate,
  evaluationStep,
  fit,
  memoryCheckpoint,
  mse,
  sgd,
  timeFirst,
  trainingVariables,
  type FitProgress,
  type NetworkFitOptions,
  type TrainingData,
  type TrainingLog,
  type TrainingRecord,
} from '../index.js'

const classes = 3
/** `count` samples of 6 numbers, in which the class says which two are high. */
function samples(count: number, seed: number) {
  const noise = (i: number): number => 0.5 + 0.5 * Math.sin(12.9898 * (i + 1) * seed + 78.233)
  const labels = Int32Array.from({ length: count }, (_, i) => Math.floor(noise(i + 7919) * 2.999))
  const data = Float32Array.from(
    { length: count * 6 },
    (_, i) => noise(i) * 0.6 + (Math.floor((i % 6) / 2) === labels[Math.floor(i / 6)] ? 1 : 0),
  )
  return fromArrays({ data, shape: [count, 6] }, { data: labels, shape: [count] })
}
const train = (batch = 8): Loader => loader(samples(60, 1), { batch, shuffle: true, seed: 5 })
const test = loader(samples(27, 2), { batch: 8 })

/** Dropout whose random numbers are counted in a Variable, as a layer with a memory of its own has it. */
function counted(): StatelessLayer {
  const count = zerosVariable([], { name: 'dropout.count', dtype: 'int32' })
  return defineLayer<object>(
    'dropout',
    ([x], _, variables, { training }) => {
      if (!training) return x
      const at = variables['count']!.read()
      variables['count']!.assign(at.add(1))
      return x
        .mul(
          uniform(x.shape, { seed: 3, offset: at.mul(1024) })
            .ge(0.3)
            .cast(x.dtype),
        )
        .div(0.7)
    },
    [],
  )({}, { count })
}

const make = (): Network =>
  sequential(
    input([6]),
    linear(6, 16),
    batchNorm1d(16),
    lif({ surrogate: atan() }),
    counted(),
    linear(16, classes),
    lif({ surrogate: atan() }),
  )

interface Setup {
  readonly net: Network
  readonly options: NetworkFitOptions
}

function setup(backend: Backend, more: Partial<NetworkFitOptions> = {}): Setup {
  const net = make()
  const optimizer = adam(net.parameters(), { lr: cosine({ initial: 0.05, steps: 42 }) })
  return {
    net,
    options: {
      optimizer,
      backend,
      epochs: 6,
      encode: (x) => repeat(x, 4),
      loss: (s, y) => countCrossEntropy(s, y, { reduction: 'none' }),
      validation: test,
      ...more,
    },
  }
}

async function everything({ net, options }: Setup): Promise<Record<string, readonly number[]>> {
  const entries = Object.entries(trainingVariables(net, options.optimizer)).map(
    async ([name, v]) => [name, [...(await v.data())]] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

describe.each<[string, () => Promise<Backend>]>([
  ['reference', async () => reference()],
  ['cpu', () => cpu()],
])('on the %s backend', (name, start) => {
  it('learns, reports and measures', { timeout: 60_000 }, async () => {
    const backend = await start()
    const progress: FitProgress[] = []
    const records: TrainingRecord[] = []
    const compiled: string[] = []
    const { net, options } = setup(backend, {
      onProgress: (p) => progress.push(p),
      onCompile: ({ signature }) => compiled.push(signature),
      log: { start: async () => {}, write: async (record) => void records.push(record) },
      logEvery: 5,
    })
    const { history, steps } = await fit(net, train(), options)
    expect(steps).toBe(6 * 7) // 60 samples in batches of 8, the last 4 left out
    expect(history.map(({ epoch, steps }) => [epoch, steps])).toEqual([1, 2, 3, 4, 5, 6].map((e) => [e, 7 * e]))
    expect(history.at(-1)!.loss).toBeLessThan(history[0]!.loss / 2)
    expect(history.at(-1)!.validation!.accuracy).toBeGreaterThan(0.9)
    expect(history.at(-1)!.validation!.samples).toBe(27)
    // one program for training and one for validation, whose last batch is filled up
    expect(compiled).toHaveLength(2)
    const trained = progress.filter(({ stage }) => stage === 'train')
    expect(trained.map(({ done, epoch }) => [epoch, done])).toEqual(
      Array.from({ length: 42 }, (_, i) => [Math.floor(i / 7) + 1, (i % 7) + 1]),
    )
    for (const p of trained)
      expect(p).toMatchObject({
        total: 7,
        epochs: 6,
        loss: expect.any(Number) as unknown,
        accuracy: expect.any(Number) as unknown,
        samplesPerSecond: expect.any(Number) as unknown,
      })
    expect(trained.at(-1)!.secondsLeft).toBe(0)
    expect(records.filter(({ type }) => type === 'batch').map(({ step }) => step)).toEqual([
      5, 10, 15, 20, 25, 30, 35, 40,
    ])
    expect(records.filter(({ type }) => type === 'epoch')).toHaveLength(6)

    // evaluation pads the last 3 of 27 samples: the same as all at once
    const whole = await evaluate(evaluationStep(net, options), loader(samples(27, 2), { batch: 27 }), { backend })
    expect(whole.accuracy).toBe(history.at(-1)!.validation!.accuracy)
    expect(whole.loss).toBeCloseTo(history.at(-1)!.validation!.loss!, 5)
    await backend.dispose()
  })

  it('resumes from an abort at any batch with the same bits as without', { timeout: 120_000 }, async () => {
    const backend = await start()
    const straight = setup(backend)
    const expected = await fit(straight.net, train(), straight.options)
    for (const stopAt of name === 'cpu' ? [17] : [0, 1, 7, 17, 34]) {
      const store = memoryCheckpoint()
      const controller = new AbortController()
      let done = 0
      const first = setup(backend, {
        checkpoint: { store },
        signal: controller.signal,
        onProgress: ({ stage }) => {
          if (stage === 'train' && ++done > stopAt) controller.abort(new Error('stop'))
        },
      })
      await expect(fit(first.net, train(), first.options)).rejects.toThrow('stop')
      expect((await store.load())!.position.steps).toBe(stopAt + 1)
      const second = setup(backend, { checkpoint: { store, resume: true } })
      const result = await fit(second.net, train(), second.options)
      expect(await everything(second)).toEqual(await everything(straight))
      expect(result).toEqual(expected)
    }
    await backend.dispose()
  })
})

describe('on the reference backend', () => {
  const backend = reference()

  it('resumes from a checkpoint in the middle of a pass after a kill: nothing was told', async () => {
    const straight = setup(backend)
    const expected = await fit(straight.net, train(), straight.options)
    const store = memoryCheckpoint()
    const first = setup(backend, {
      checkpoint: { store, every: 4 },
      onProgress: ({ epoch, done }) => {
        if (epoch === 3 && done === 4) throw new Error('killed')
      },
    })
    await expect(fit(first.net, train(), first.options)).rejects.toThrow('killed')
    expect((await store.load())!.position).toMatchObject({ epoch: 2, batch: 2, steps: 16 })
    const second = setup(backend, { checkpoint: { store, resume: true } })
    expect(await fit(second.net, train(), second.options)).toEqual(expected)
    expect(await everything(second)).toEqual(await everything(straight))
    // complete: returns at once
    const third = setup(backend, { checkpoint: { store, resume: true } })
    expect(await fit(third.net, train(), third.options)).toEqual(expected)
  })

  it('ends during validation without losing the pass', async () => {
    const store = memoryCheckpoint()
    const controller = new AbortController()
    const first = setup(backend, {
      epochs: 2,
      checkpoint: { store },
      signal: controller.signal,
      onProgress: ({ stage }) => {
        if (stage === 'validate') controller.abort(new Error('stop'))
      },
    })
    await expect(fit(first.net, train(), first.options)).rejects.toThrow('stop')
    expect((await store.load())!.position).toMatchObject({ epoch: 0, batch: 7, history: [] })
    const second = setup(backend, { epochs: 2, checkpoint: { store, resume: true } })
    const straight = setup(backend, { epochs: 2 })
    expect(await fit(second.net, train(), second.options)).toEqual(await fit(straight.net, train(), straight.options))
  })

  it('tells the log where it begins', async () => {
    const store = memoryCheckpoint()
    const starts: unknown[] = []
    const log: TrainingLog = {
      start: async ({ steps, epoch }) => void starts.push([steps, epoch]),
      write: async () => {},
    }
    for (const epochs of [1, 2]) {
      const { net, options } = setup(backend, { epochs, log, checkpoint: { store, resume: true } })
      await fit(net, train(), options)
    }
    expect(starts).toEqual([
      [0, 0],
      [7, 1],
    ])
  })

  it('trains what a step function trains, uses the last batch when told to, and says so by a second program', async () => {
    const net = make()
    const optimizer = sgd(net.parameters(), { lr: 0.5, momentum: 0.9 })
    let compiled = 0
    const { history, steps } = await fit(
      (x: Tensor, y: Tensor) => {
        const outputs = net.forward(repeat(x, 4), { training: true })
        const loss = countCrossEntropy(outputs, y)
        optimizer.step(loss)
        return { loss }
      },
      train(),
      {
        epochs: 2,
        backend,
        lastBatch: 'use',
        variables: trainingVariables(net, optimizer),
        onCompile: () => compiled++,
      },
    )
    expect(steps).toBe(16)
    expect(compiled).toBe(2)
    expect(Object.keys(history[0]!)).toEqual(['epoch', 'steps', 'loss'])
    expect(history[1]!.loss).toBeLessThan(history[0]!.loss)
  })

  it('a scalar loss of evaluation is the mean over full batches', async () => {
    const step = (x: Tensor, y: Tensor) => ({ loss: mse(x.mean(1), y.cast('float32')) })
    const compiled: string[] = []
    const short = await evaluate(step, loader(samples(20, 2), { batch: 8 }), {
      backend,
      onCompile: ({ signature }) => compiled.push(signature),
    })
    expect(compiled).toHaveLength(1)
    const full = await evaluate(step, loader(samples(20, 2), { batch: 8, dropLast: true }), { backend })
    expect(short).toEqual({ samples: 20, loss: full.loss })
    expect(full.samples).toBe(16)
  })

  it('timeFirst swaps the first two axes', async () => {
    const y = await compile((x: Tensor) => timeFirst(x), { backend })({
      data: Float32Array.from({ length: 12 }, (_, i) => i),
      shape: [2, 3, 2],
    })
    expect([y.shape, [...y.data]]).toEqual([
      [3, 2, 2],
      [0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11],
    ])
  })

  describe('errors', () => {
    /** The same data with a label that no network has an output for. */
    const relabelled = (data: TrainingData): TrainingData => ({
      ...data,
      async *pass(...which) {
        for await (const [x, y] of data.pass(...which))
          yield [x, { ...y, data: Int32Array.from(y.data as ArrayLike<number>).fill(99) }] as const
      },
    })
    const attempt =
      (more: Partial<NetworkFitOptions>, data: TrainingData = train()) =>
      (): Promise<unknown> => {
        const { net, options } = setup(backend, { epochs: 1, ...more })
        return fit(net, data, options)
      }
    /** A store that holds the end of a short training, changed. */
    const resumed =
      (
        change: (checkpoint: {
          tensors: Record<string, { data: Float32Array; shape: number[] }>
          position: { setting: Record<string, unknown> }
        }) => void,
        data = train(),
        identity = 'a',
      ) =>
      async (): Promise<unknown> => {
        const store = memoryCheckpoint()
        await attempt({ checkpoint: { store, identity: 'a' } })()
        const stored = (await store.load())!
        const copy = { tensors: { ...stored.tensors }, position: structuredClone(stored.position) }
        change(copy as never)
        return attempt({ checkpoint: { store: { ...store, load: async () => copy }, resume: true, identity } }, data)()
      }
    it.each<[string, 'ARGUMENT' | 'NOT_FINITE' | 'CHECKPOINT', RegExp, () => Promise<unknown>]>([
      [
        'labels outside of the classes',
        'NOT_FINITE',
        /labels outside of the classes/,
        attempt({}, relabelled(train())),
      ],
      ['no number of passes', 'ARGUMENT', /epochs/, attempt({ epochs: 1.5 })],
      ['a log every 0 batches', 'ARGUMENT', /logEvery/, attempt({ logEvery: 0 })],
      [
        'a checkpoint every 0 batches',
        'ARGUMENT',
        /every/,
        attempt({ checkpoint: { store: memoryCheckpoint(), every: 0 } }),
      ],
      [
        'validation of a step that says not what to measure',
        'ARGUMENT',
        /evaluate/,
        () => fit((x) => ({ loss: x.mean() }), train(), { epochs: 1, backend, variables: {}, validation: test }),
      ],
      ['no full batch', 'ARGUMENT', /60 samples in batches of 64/, attempt({}, train(64))],
      ['a loss that is no number', 'NOT_FINITE', /epoch 1, batch 1/, attempt({ loss: (s) => s.sum().mul(0).log() })],
      ['another size of batch', 'CHECKPOINT', /batchSize was 8 and is 10/, resumed(() => {}, train(10))],
      ['another identity', 'CHECKPOINT', /identity/, resumed(() => {}, train(), 'b')],
      [
        'a missing tensor',
        'CHECKPOINT',
        /lacks 'network.linear1.weight'/,
        resumed(({ tensors }) => delete tensors['network.linear1.weight']),
      ],
      [
        'an unknown tensor',
        'CHECKPOINT',
        /'network.x', which is unknown/,
        resumed(({ tensors }) => void (tensors['network.x'] = { data: new Float32Array(1), shape: [] })),
      ],
      [
        'another shape',
        'CHECKPOINT',
        /linear1.bias.*\[3\].*\[16\]/,
        resumed(({ tensors }) => void (tensors['network.linear1.bias'] = { data: new Float32Array(3), shape: [3] })),
      ],
    ])('%s', async (_, code, message, run) => {
      const error: unknown = await run().catch((thrown: unknown) => thrown)
      expect(isSnnError(error, code), String(error)).toBe(true)
      expect((error as Error).message).toMatch(message)
    })

    it('a checkpoint that does not fit changes nothing', async () => {
      const store = memoryCheckpoint()
      await attempt({ checkpoint: { store } })()
      const { tensors, position } = (await store.load())!
      const { 'optimizer.steps': _, ...rest } = tensors
      const one = setup(backend, {
        epochs: 1,
        checkpoint: { store: { ...store, load: async () => ({ tensors: rest, position }) }, resume: true },
      })
      const before = await everything(one)
      await expect(fit(one.net, train(), one.options)).rejects.toThrow('optimizer.steps')
      expect(await everything(one)).toEqual(before)
    })

    it('an abort beside another error saves nothing: weights may be ahead of the position', async () => {
      const store = memoryCheckpoint()
      const controller = new AbortController()
      const onProgress = (): never => {
        controller.abort(new Error('stop'))
        throw new Error('other')
      }
      await expect(attempt({ signal: controller.signal, checkpoint: { store }, onProgress })()).rejects.toThrow('other')
      expect(await store.load()).toBeUndefined()
    })

    it('an abort before the start throws the reason and saves nothing', async () => {
      const store = memoryCheckpoint()
      await expect(attempt({ signal: AbortSignal.abort(new Error('early')), checkpoint: { store } })()).rejects.toThrow(
        'early',
      )
      expect(await store.load()).toBeUndefined()
    })
  })
})
