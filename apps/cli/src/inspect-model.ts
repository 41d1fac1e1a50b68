import { freeNames, importOnnx, inspectNetwork, type Inspection } from '@snn/ann2snn'
import { readSnn } from '@snn/snn-file'
import type { ImageDataset, PreprocessTrial } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { readoutOf, sampleShapes, type Readout } from '@snn/nn'
import { stat } from 'node:fs/promises'
import type { Shape } from '@snn/tensor'
import type { OnnxValue } from '@snn/onnx'
import { readClassifier, type ClassifierOptions } from './classifier.js'
import type { Work } from './evaluate-model.js'
import { refuseFlags } from './flags.js'
import { tryPreprocessing } from './input-settings.js'
import { isCheckpoint, isSpiking, readBytes, readModel } from './model-file.js'
import { openTrained } from './trained-network.js'

export interface InspectModelOptions extends ClassifierOptions {
  /** Labelled pictures to try preprocessings on: DATA as a user writes it, or a data set. */
  readonly data?: string | ImageDataset
  /** How many of them, drawn at random. Default 100. */
  readonly samples?: number
  readonly labelOffset?: number
}

/** The object that `snn inspect --json` prints. */
export interface ModelInspection extends Inspection {
  readonly model: string
  /** Whether the file holds a converted network. */
  readonly spiking: boolean
  readonly producer: string
  /** Version of the ONNX operator set. */
  readonly opset: number
  readonly bytes: number
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** How a spiking network is run and read, where that is known. */
  readonly T?: number
  readonly readout?: Readout
  /** What was tried on data, best first. */
  readonly trials?: readonly PreprocessTrial[]
}

/** What an ONNX file holds and what of it converts; with data, which preprocessing it takes. */
export async function inspectModel(path: string, options: InspectModelOptions, work: Work): Promise<ModelInspection> {
  const { data, samples, labelOffset, output, sizes = {} } = options
  const ofPlain = { '--data': data, '--samples': samples, '--label-offset': labelOffset, '--output': output }
  if (isCheckpoint(path)) {
    refuseFlags('inspect', `${path}, a spiking network`, 'for a plain ONNX model', {
      ...ofPlain,
      '--sizes': options.sizes,
    })
    return inspectCheckpoint(path)
  }
  const graph = await readModel(path, { sizes })
  const spiking = isSpiking(graph)
  if (spiking) refuseFlags('inspect', `${path}, a spiking network`, 'for a plain ONNX model', ofPlain)
  if (data === undefined)
    refuseFlags('inspect', `${path} without --data`, 'with labelled pictures', {
      '--samples': samples,
      '--label-offset': labelOffset,
    })
  const dataset = typeof data === 'string' ? await openDataset(data, { signal: work.signal }) : data
  const classifier =
    dataset && (await readClassifier({ path, dataset, preprocess: undefined }, { output, sizes }, 'keep'))
  const trials =
    classifier &&
    (await tryPreprocessing(classifier, dataset, labelOffset, work, samples === undefined ? {} : { samples }))
  const whole = classifier && freeNames(graph).length > 0 ? classifier.graph : graph
  const { network, notes } = spiking
    ? { network: readSnn(await readBytes(path)).snn, notes: [] }
    : importOnnx(whole, output === undefined ? {} : { output })
  const { T } = network.metadata
  const { producer, source, inputs, outputs } = graph
  const inspection = await inspectNetwork(network)
  return {
    ...(T !== undefined && { T }),
    ...(spiking && { readout: readoutOf(network) }),
    model: path,
    spiking,
    producer,
    opset: source.opset,
    bytes: source.bytes,
    inputs,
    outputs,
    ...inspection,
    notes: [...(dataset?.notes ?? []), ...notes, ...inspection.notes],
    ...(trials && { trials }),
  }
}

/** The network of a checkpoint of `snn train`, as the file that it becomes. */
async function inspectCheckpoint(path: string): Promise<ModelInspection> {
  const { snn } = await openTrained(path)
  const { size } = await stat(path)
  const float32 = ([name, shape]: readonly [string, Shape]): OnnxValue => ({
    name,
    dtype: 'float32',
    shape: ['N', ...shape],
  })
  const shapes = sampleShapes(snn)
  const { T } = snn.metadata
  return {
    ...(T !== undefined && { T }),
    readout: readoutOf(snn),
    model: path,
    spiking: true,
    producer: 'snn train',
    opset: 0,
    bytes: size,
    inputs: snn.inputs.map(({ name }) => float32([name, shapes.get(name)!])),
    outputs: snn.outputs.map((name) => float32([name, shapes.get(name)!])),
    ...(await inspectNetwork(snn)),
  }
}
