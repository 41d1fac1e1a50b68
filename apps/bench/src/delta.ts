import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { convert, evaluate, evaluateAnn, simulator, type Batch, type Simulator } from '@snn/ann2snn'
import { cpu, type KernelForm } from '@snn/backend-cpu'
import { loader, preprocess, take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { readOnnx, writeOnnx } from '@snn/onnx'
import type { TensorLike } from '@snn/tensor'
import * as ort from 'onnxruntime-node'
import { resnet20, selectModels } from './models.js'
import { ratio, report, type Measure } from './report.js'
import { inTurns, timed } from './timing.js'

/**
 * ResNet-20 in the delta code, T steps on a batch in one run, against ONE run of the network it came from in ONNX
 * Runtime on the same batch; the synaptic operations of a picture against the network's multiply-accumulates; and the
 * accuracy that is lost. With the default levels, and with six, which `snn convert --budget` finds cheaper for networks
 * without depthwise convolutions.
 */
const { values } = parseArgs({
  options: {
    threads: { type: 'string', multiple: true, default: [String(availableParallelism()), '1'] },
    batch: { type: 'string', default: '64' },
    T: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '15' },
    samples: { type: 'string', default: '1000' },
    kernels: { type: 'string', default: 'auto' },
  },
})
const [batch, T, rounds] = [Number(values.batch), Number(values.T), Number(values.rounds)]
const [model] = selectModels([resnet20], [])
const bytes = await readFile(model!.file)
const transform = preprocess({ ...model!.preprocess, layout: 'nchw' })
const batchesOf = async (spec: string, samples: number): Promise<Batch[]> => {
  const batches: Batch[] = []
  for await (const pair of loader(take(await openDataset(spec), samples), {
    batch,
    transform: (sample) => [transform(sample)[0], sample.label],
  }))
    batches.push(pair)
  return batches
}
const calibration = await batchesOf(model!.calibrate, 256)
const [[x]] = (await batchesOf(model!.test, batch)) as unknown as [readonly [TensorLike, TensorLike]]

const settings = { '9 levels': {}, '6 levels': { levels: 6, mode: '99.9%' } } as const
const measures: Measure[] = []
for (const threads of values.threads.map(Number)) {
  const backend = await cpu({ threads, kernels: values.kernels as KernelForm })
  const graph = readOnnx(bytes, { batch })
  const session = await ort.InferenceSession.create(writeOnnx(graph), {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  })
  const runs: Record<string, () => Promise<number>> = {
    ann: timed(() =>
      session.run({ [graph.inputs[0]!.name]: new ort.Tensor('float32', x.data as Float32Array, x.shape) }),
    ),
  }
  const simulations: Simulator[] = []
  for (const [name, options] of Object.entries(settings)) {
    const {
      snn,
      ann,
      report: conversion,
    } = await convert(bytes, calibration, { code: 'delta', T, backend, ...options })
    simulations.push(simulator(snn, { backend }))
    const simulation = simulations.at(-1)!
    runs[name] = timed(() => simulation.run(x, { T }))
    if (threads !== Number(values.threads[0])) continue
    const test = await batchesOf(model!.test, Number(values.samples))
    const [before, after] = [
      await evaluateAnn(ann, test, { backend }),
      await evaluate(snn, test, { backend, steps: [T] }),
    ]
    measures.push(
      {
        what: `${name}: synaptic operations / multiply-accumulates`,
        value: conversion.synapticOperations.find((step) => step.T === T)?.ratio,
        unit: 'x',
        atMost: 1.6,
      },
      {
        what: `${name}: lost on ${values.samples} test pictures`,
        value: Math.round(1e4 * (before.accuracy - after.results[0]!.accuracy)) / 100,
        unit: 'points',
        atMost: 0.5,
      },
    )
  }
  const medians = await inTurns(runs, { rounds, warmUp: 3 })
  for (const simulation of simulations) await simulation.dispose()
  await session.release()
  await backend.dispose()
  const called = `${threads} ${threads === 1 ? 'thread' : 'threads'}`
  measures.push({ what: `${called}: ANN`, value: medians['ann'], unit: 'ms' })
  for (const name of Object.keys(settings)) {
    measures.push(
      { what: `${called}, ${name}: ${T} steps`, value: medians[name], unit: 'ms' },
      { what: `${called}, ${name}: SNN / ANN`, value: ratio(medians[name], medians['ann']), unit: 'x', atMost: 3 },
    )
  }
}
report('delta', { model: model!.name, batch, T, rounds }, measures)
