import { readFile } from 'node:fs/promises'
import { convert, simulator, type Batch, type Mode } from '@snn/ann2snn'
import { cpu } from '@snn/backend-cpu'
import { loader, preprocess, take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { readOnnx } from '@snn/onnx'
import { sizeOf, type TensorLike } from '@snn/tensor'
import { selectModels } from './models.js'
const T = 32, batch = 64
for (const model of selectModels(process.argv.slice(2))) {
  const backend = await cpu()
  const bytes = await readFile(model.file)
  const graph = readOnnx(bytes, { batch })
  const shape = graph.inputs[0]!.shape as number[]
  const layout = shape.length === 4 && shape[3] === 1 ? 'nhwc' : 'nchw'
  const transform = preprocess({ ...model.preprocess, layout })
  const fit = (x: TensorLike): TensorLike => ({ ...x, shape: sizeOf(x.shape) === sizeOf(shape.slice(1)) ? shape.slice(1) : x.shape })
  const batches: Batch[] = []
  for await (const pair of loader(take(await openDataset(model.calibrate), 2 * batch), { batch, transform: (sample) => [fit(transform(sample)[0]), sample.label] })) batches.push(pair)
  const { snn } = await convert(bytes, batches, { mode: model.mode as Mode, balance: { rounds: 2 }, backend })
  const sim = simulator(snn, { backend })
  const x = batches[0]![0] as TensorLike
  await sim.run(x, { T })
  await sim.run(x, { T })
  const prof = new Map<any, [number, number]>()
  ;(globalThis as any).__profile = prof
  const t = performance.now()
  await sim.run(x, { T })
  console.log(model.name, (performance.now() - t).toFixed(1), 'ms')
  ;(globalThis as any).__profile = undefined
  for (const [i, [ms, n]] of [...prof].sort((a, b) => b[1][0] - a[1][0]).slice(0, 14)) {
    const what = i.kind === 'library' ? i.model.nodes.map((n: any) => n.op).join(',') + ' ' + i.outputs.map((o: any) => o.shape.join('x')).join(' ') : i.kind === 'kernel' ? JSON.stringify(i.fused.space) + ' T' + i.fused.length + ' ' + i.fused.kernel.operands.map((o: any) => o.role[0] + o.access[0] + (o.isMoving ? 'm' : '')).join(' ') : String(i.bytes ?? '')
    console.log(' ', ms.toFixed(2), n, i.kind, what.slice(0, 170))
  }
  await backend.dispose()
}
