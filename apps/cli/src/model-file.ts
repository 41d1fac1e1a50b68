import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readOnnxFile, type ReadFileOptions } from '@snn/onnx/node'
import type { Dim, OnnxGraph } from '@snn/onnx'
import { SnnError, type Shape } from '@snn/tensor'

/** Reads the ONNX file that a user names, and external data beside it. */
export async function readModel(path: string, options: ReadFileOptions = {}): Promise<OnnxGraph> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile() && isCheckpoint(path)) {
    throw new SnnError(
      'ARGUMENT',
      `[snn] ${path} is a checkpoint, of a spiking network that was trained, expected an ONNX model. snn eval, run, inspect and deploy take it; the model.snn.onnx beside it is the same network as ONNX.`,
      { name: 'FILE', value: path },
    )
  }
  if (!found?.isFile()) {
    const what =
      found === undefined
        ? `nothing to read at ${path}`
        : `${path} is ${found.isDirectory() ? 'a folder' : 'no regular file'}`
    const inside = join(path, 'model.snn.onnx')
    const fix =
      found?.isDirectory() && (await stat(inside).catch(() => undefined))?.isFile()
        ? `Give ${inside}.`
        : 'Check the path.'
    throw new SnnError('DATA_NOT_FOUND', `[snn] ${what}, expected the file of an ONNX model. ${fix}`, {
      path,
      looked: ['an ONNX model'],
    })
  }
  return readOnnxFile(path, options)
}

/** Whether a user names a checkpoint, by its name. */
export function isCheckpoint(path: string): boolean {
  return path.endsWith('.safetensors')
}

/** The bytes of a file that `readModel` has read. */
export function readBytes(path: string): Promise<Uint8Array> {
  return readFile(path)
}

/** The digest by which a converted file remembers the model that it came from. */
export async function modelDigest(path: string): Promise<string> {
  return `sha256:${createHash('sha256')
    .update(await readBytes(path))
    .digest('hex')}`
}

/** Whether a graph is that of a .snn.onnx file. */
export function isSpiking(graph: OnnxGraph): boolean {
  return 'snn.version' in graph.metadata
}

/**
 * Shape of one sample of the only input, given inputs without their batch axis. Throws `ARGUMENT` where there are
 * several or sizes are open.
 */
export function inputShape(
  inputs: readonly { readonly name: string; readonly shape?: readonly Dim[] | undefined }[],
  path: string,
): Shape {
  const [shape, ...others] = inputs.map((input) => input.shape)
  if (shape && others.length === 0 && shape.every((dim) => typeof dim === 'number')) return shape
  const free = [...new Set(inputs.flatMap(({ shape = [] }) => shape.filter((dim) => typeof dim === 'string')))]
    .map((name) => `${name}=..`)
    .join(',')
  const got = inputs.map(({ name, shape }) => `${name} [${shape?.join(',') ?? '?'}]`).join(', ')
  throw new SnnError(
    'ARGUMENT',
    `[snn] the samples that ${path} takes are ${got || '(none)'}, expected one input of fixed sizes; only the batch may be free. ${free === '' ? 'Export it so.' : `Say the sizes: --sizes ${free}.`}`,
    { name: 'inputs', value: got },
  )
}

/** The inputs of a graph without their batch axis. */
export function sampleInputs(
  graph: OnnxGraph,
): { readonly name: string; readonly shape: readonly Dim[] | undefined }[] {
  return graph.inputs.map(({ name, shape }) => ({ name, shape: shape?.slice(1) }))
}
