import { readFileSync } from 'node:fs'
import { cpu } from '@snn/backend-cpu'
import { setDefaultBackend } from '@snn/tensor'
import { loader, preprocess, take } from '@snn/datasets'
import { openDataset } from '@snn/datasets/node'
import { convert, evaluate, evaluateAnn, readSnn, writeSnn } from './index.js'

const root = '/work/shared/data/'
const [file = 'onnx/mnist/cntk-mnist-8-optimised.onnx', data = 'mnist', spec = '{"scale":1}', samples = '1000', mode = '99.9%', test = '1000', batch = '64'] = process.argv.slice(2)
setDefaultBackend(await cpu())
const s = JSON.parse(spec)
const open = (split: string) => data === 'mnist' ? openDataset(`${root}mnist:${split}`) : openDataset(`${root}cifar10/${split === 'train' ? 'train_4000' : 'test_1000'}_lossless.bin.gz`)
const train = loader(take(await open('train'), Number(samples)), { batch: mode === 'balance' ? 32 : Number(batch), transform: preprocess(s) })
const testSet = loader(take(await open('test'), Number(test)), { batch: Number(batch), transform: preprocess(s) })
let t0 = performance.now()
const lap = (name: string) => { console.log(name, ((performance.now() - t0) / 1000).toFixed(2), 's'); t0 = performance.now() }
let last = ''
const { snn, ann, report } = await convert(readFileSync(root + file), train, { mode: mode as never, onProgress: (p) => { if (p.stage !== last) lap(last + ' -> ' + p.stage); last = p.stage } })
lap('convert')
console.log(report.layers.map((l) => [l.name, l.kind, l.threshold.max.toFixed(3), l.scale.max.toFixed(3), 'sat', l.saturated.toFixed(4), 'silent', l.silent.toFixed(3), 'rate', l.rate.toFixed(4), 'err', l.error.toFixed(4)].join(' ')).join('\n'))
console.log(JSON.stringify({ ...report, layers: undefined }))
console.log('ann', await evaluateAnn(ann, testSet)); lap('ann')
const e = await evaluate(snn, testSet, { steps: [4, 8, 16, 32, 64] })
for (const r of e.results) console.log(JSON.stringify(r))
lap('snn')
const bytes = await writeSnn(snn, { T: 32 })
const again = await writeSnn(readSnn(bytes).snn, { T: 32 })
console.log('file', bytes.length, 'bit-equal', Buffer.compare(Buffer.from(bytes), Buffer.from(again)) === 0)
