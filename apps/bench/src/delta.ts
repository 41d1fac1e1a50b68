import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { convert, simulator, type Batch } from '@snn/ann2snn'
import { cpu } from '@snn/backend-cpu'
import { loader, preprocess, take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { readOnnx, writeOnnx } from '@snn/onnx'
import type { TensorLike } from '@snn/tensor'
import * as ort from 'onnxruntime-node'
import { resnet20, selectModels } from './models.js'
import { ratio, report, type Measure } from './report.js'
import { inTurns, timed } from './timing.js'

/**
 * ResNet-20 in the delta code, T steps on a batch in one run, against ONE run of the network it came from in ONNX Runtime on the same
 * batch; and the synaptic operations of a picture against the network's multiply-accumulates.
 */
const { values } = parseArgs({
  options: { threads: { type: 'string', multiple: true, default: [String(availableParallelism()), '1'] }, batch: { type: 'string', default: '64' }, T: { type: 'string', default: '4' }, rounds: { type: 'string', default: '15' } },
})
const [batch, T, rounds] = [Number(values.batch), Number(values.T), Number(values.rounds)]
const [model] = selectModels([resnet20], [])
const bytes = await readFile(model!.file)
const transform = preprocess({ ...model!.preprocess, layout: 'nchw' })
const batchesOf = async (spec: string, samples: number): Promise<Batch[]> => {
  const batches: Batch[] = []
  for await (const pair of loader(take(await openDataset(spec), samples), { batch, transform: (sample) => [transform(sample)[0], sample.label] })) batches.push(pair)
  return batches
}
const calibration = await batchesOf(model!.calibrate, 256)
const [[x]] = (await batchesOf(model!.test, batch)) as unknown as [readonly [TensorLike, TensorLike]]

const measures: Measure[] = []
for (const threads of values.threads.map(Number)) {
  const backend = await cpu({ threads })
  const { snn, report: conversion } = await convert(bytes, calibration, { code: 'delta', T, backend })
  const graph = readOnnx(bytes, { batch })
  const session = await ort.InferenceSession.create(writeOnnx(graph), { intraOpNumThreads: threads, logSeverityLevel: 3 })
  const ann = timed(() => session.run({ [graph.inputs[0]!.name]: new ort.Tensor('float32', x.data as Float32Array, x.shape) }))
  const simulation = simulator(snn, { backend })
  const medians = await inTurns({ ann, snn: timed(() => simulation.run(x, { T })) }, { rounds, warmUp: 3 })
  await simulation.dispose()
  await session.release()
  await backend.dispose()
  const called = `${threads} ${threads === 1 ? 'thread' : 'threads'}`
  measures.push(
    { what: `${called}: ANN`, value: medians.ann, unit: 'ms' },
    { what: `${called}: delta code, ${T} steps`, value: medians.snn, unit: 'ms' },
    { what: `${called}: delta code / ANN`, value: ratio(medians.snn, medians.ann), unit: 'x', atMost: 3 },
  )
  if (threads === Number(values.threads[0])) {
    measures.push({ what: 'synaptic operations / multiply-accumulates', value: conversion.synapticOperations.find((step) => step.T === T)?.ratio, unit: 'x', atMost: 1.6 })
  }
}
report('delta', { model: model!.name, batch, T, rounds }, measures)
