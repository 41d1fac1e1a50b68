import { importOnnx, inspectNetwork, readSnn, type Inspection } from '@snn/ann2snn'
import { stat } from 'node:fs/promises'
import { readoutOf, sampleShapes, type Readout } from '@snn/nn'
import type { Shape } from '@snn/tensor'
import type { OnnxValue } from '@snn/onnx'
import { isSpiking, readBytes, readModel } from './model-file.js'
import { isCheckpoint, openTrained } from './trained-network.js'

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
}

/** What an ONNX file holds and what of it converts. */
export async function inspectModel(path: string, options: { readonly output?: string } = {}): Promise<ModelInspection> {
  if (isCheckpoint(path)) return inspectCheckpoint(path)
  const graph = await readModel(path)
  const spiking = isSpiking(graph)
  const { network, notes } = spiking ? { network: readSnn(await readBytes(path)).snn, notes: [] } : importOnnx(graph, options)
  const { T } = network.metadata
  const { producer, source, inputs, outputs } = graph
  const inspection = await inspectNetwork(network)
  return { ...(T !== undefined && { T }), ...(spiking && { readout: readoutOf(network) }), model: path, spiking, producer, opset: source.opset, bytes: source.bytes, inputs, outputs, ...inspection, notes: [...notes, ...inspection.notes] }
}

/** The network of a checkpoint of `snn train`, as the file that it becomes. */
async function inspectCheckpoint(path: string): Promise<ModelInspection> {
  const { snn } = await openTrained(path)
  const { size } = await stat(path)
  const float32 = ([name, shape]: readonly [string, Shape]): OnnxValue => ({ name, dtype: 'float32', shape: ['N', ...shape] })
  const shapes = sampleShapes(snn)
  const { T } = snn.metadata
  return {
    ...(T !== undefined && { T }), readout: readoutOf(snn), model: path, spiking: true, producer: 'snn train', opset: 0, bytes: size,
    inputs: snn.inputs.map(({ name }) => float32([name, shapes.get(name)!])), outputs: snn.outputs.map((name) => float32([name, shapes.get(name)!])),
    ...(await inspectNetwork(snn)),
  }
}
