import { readFile, stat } from 'node:fs/promises'
import { readOnnxFile } from '@snn/onnx/node'
import type { OnnxGraph, ReadOptions } from '@snn/onnx'
import { SnnError, type Shape } from '@snn/tensor'

/** Reads the ONNX file that a user names, and external data beside it. */
export async function readModel(path: string, options: Omit<ReadOptions, 'externalData'> = {}): Promise<OnnxGraph> {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) {
    throw new SnnError('DATA_NOT_FOUND', `[snn] nothing to read at ${path}, expected the file of an ONNX model. Check the path.`, { path, looked: ['an ONNX model'] })
  }
  return readOnnxFile(path, options)
}

/** Shape of one sample of the only input of a graph. Throws `ARGUMENT` where there are several or sizes are open. */
export function inputShape(graph: OnnxGraph, path: string): Shape {
  const [input, ...others] = graph.inputs
  const shape = input?.shape?.slice(1)
  if (shape && others.length === 0 && shape.every((dim) => typeof dim === 'number')) return shape
  const got = graph.inputs.map(({ name, shape }) => `${name} [${shape?.join(',') ?? '?'}]`).join(', ')
  throw new SnnError('ARGUMENT', `[snn] ${path} has the inputs ${got || '(none)'}, expected one, of which only the batch size is open. Export it with fixed sizes.`, { name: 'inputs', value: got })
}

/** The bytes of a file that `readModel` has read. */
export async function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path)
}

/** Whether a graph is that of a .snn.onnx file. */
export function isSpiking(graph: OnnxGraph): boolean {
  return 'snn.version' in graph.metadata
}
