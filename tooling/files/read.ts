import { stateDict } from '@snn/nn'
import { readSnn } from '@snn/snn-file'
import { simulate } from '@snn/ann2snn'
import { reference, type TensorLike } from '@snn/tensor'
import { checkpointFile } from '@snn/train/node'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const names = {
  trained: 'trained.snn.onnx',
  converted: 'converted.snn.onnx',
  checkpoint: 'checkpoint.safetensors',
  values: 'values.json',
}

/** What a file holds for whoever reads it: bits as digests, and what a network computes. */
export interface Values {
  readonly networks: Readonly<Record<string, NetworkValues>>
  readonly checkpoint: { readonly about: string; readonly position: unknown; readonly tensors: Digests }
}

interface NetworkValues {
  readonly metadata: unknown
  readonly layers: readonly string[]
  readonly state: Digests
  readonly logits: readonly number[]
}

type Digests = Readonly<Record<string, string>>

/** Reads the files of a folder as this version reads them. */
export async function readFiles(folder: string): Promise<Values> {
  const networks: Record<string, NetworkValues> = {}
  for (const name of [names.trained, names.converted]) {
    const { snn, metadata } = readSnn(new Uint8Array(readFileSync(join(folder, name))))
    const x = { data: Float32Array.of(0, 0.25, 0.5, 1, 1, 0.5, 0, 0), shape: [2, 4] }
    const { logits } = await simulate(snn, x, { T: 6, backend: reference() })
    networks[name] = {
      metadata: { ...snn.metadata, ...metadata },
      layers: snn.nodes.map(({ name: layer }) => layer),
      state: digests(await stateDict(snn)),
      logits: [...logits.data],
    }
  }
  const { about = '', position, tensors } = (await checkpointFile(join(folder, names.checkpoint)).load())!
  const values = { networks, checkpoint: { about, position, tensors: digests(tensors) } }
  return JSON.parse(JSON.stringify(values)) as Values
}

const digests = (tensors: Readonly<Record<string, TensorLike>>): Digests =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, digest(tensor)]))

function digest({ data, shape, dtype }: TensorLike): string {
  const bytes = ArrayBuffer.isView(data) ? data : Float64Array.from(data)
  const sum = createHash('sha256')
    .update(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex')
  return `${dtype ?? bytes.constructor.name} [${shape.join()}] ${sum.slice(0, 32)}`
}
