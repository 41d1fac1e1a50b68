import { convert } from '@snn/ann2snn'
import { fromArrays, loader } from '@snn/datasets'
import { lif } from '@snn/neuron'
import { batchNorm1d, input, linear, relu, sequential } from '@snn/nn'
import { toOnnx } from '@snn/snn-file'
import { reference, repeat } from '@snn/tensor'
import { adam, countCrossEntropy, fit } from '@snn/train'
import { checkpointFile } from '@snn/train/node'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { names, readFiles } from './read.ts'

/**
 * Writes one of each file that a user may keep for years into `folder`: a network that was trained, with its checkpoint,
 * and one that was converted; and beside them what is read from them now.
 */
export async function makeFiles(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const backend = reference()
  const net = sequential(input([4]), linear(4, 6), batchNorm1d(6), lif(), linear(6, 3), lif()).initialize({ seed: 1 })
  await fit(net, loader(samples(), { batch: 8, shuffle: true }), {
    optimizer: adam(net.parameters(), { lr: 0.05 }),
    loss: countCrossEntropy,
    encode: (x) => repeat(x, 4),
    epochs: 2,
    backend,
    checkpoint: { store: checkpointFile(join(folder, names.checkpoint), { about: 'a checkpoint that is kept' }) },
  })
  writeFileSync(join(folder, names.trained), await toOnnx(net, { classNames: ['a', 'b', 'c'] }))
  const ann = sequential(input([4]), linear(4, 6), relu(), linear(6, 3)).initialize({ seed: 2 })
  const { snn } = await convert(ann, [{ data: numbers(40), shape: [10, 4] }], { mode: 'max', T: 8, backend })
  writeFileSync(join(folder, names.converted), await toOnnx(snn, { preprocess: { scale: 1 / 255 } }))
  writeFileSync(join(folder, names.values), `${JSON.stringify(await readFiles(folder), undefined, 2)}\n`)
}

const numbers = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => ((i * 7) % 11) / 11)

function samples(): ReturnType<typeof fromArrays> {
  const labels = Int32Array.from({ length: 24 }, (_, i) => i % 3)
  return fromArrays({ data: numbers(96), shape: [24, 4] }, { data: labels, shape: [24] })
}
