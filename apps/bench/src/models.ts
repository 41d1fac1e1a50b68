import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PreprocessSpec } from '@snn/datasets'

/** A third-party classifier and the data it was trained on. */
export interface Model {
  readonly name: string
  readonly file: string
  /** Data as `snn` takes them: `FOLDER:train`. */
  readonly calibrate: string
  readonly test: string
  readonly preprocess: PreprocessSpec
  /** Convolutional, as opposed to fully connected. */
  readonly isConvolutional: boolean
  readonly mode: string
  readonly testSamples: number
}

export const data = join(
  process.env['SNN_SHARED'] ?? fileURLToPath(new URL('../../../../shared', import.meta.url)),
  'data',
)

/** A picture of 0..255, of 0..1, and of -1..1. */
const raw: PreprocessSpec = { scale: 1 }
const unit: PreprocessSpec = {}
const symmetric: PreprocessSpec = { mean: 0.5, std: 0.5 }

const mnistSpecs: Readonly<Record<string, PreprocessSpec>> = {
  'cnn-batchnorm': { mean: 0.1307, std: 0.3081 },
  'cnn-dynamic-reshape': unit,
  'cnn-pytorch-32-64': symmetric,
  'cnn-transpose-softmax': unit,
  'cntk-mnist-12': raw,
  'cntk-mnist-8-optimised': raw,
  'convnet-avgpool': unit,
  'lenet5-bn1d-softmax': unit,
  'lenet5-relu': raw,
  'mlp-256x2': unit,
  'mlp-keras-matmul-add': raw,
  'tiny-allconv': unit,
}

export const mnistModels = Object.entries(mnistSpecs).map(([name, preprocess]): Model => ({
  name,
  file: join(data, 'onnx/mnist', `${name}.onnx`),
  calibrate: `${join(data, 'mnist')}:train`,
  test: `${join(data, 'mnist')}:test`,
  preprocess,
  isConvolutional: !name.startsWith('mlp'),
  mode: '99.9%',
  testSamples: 10_000,
}))

const cifarSpecs: Readonly<Record<string, PreprocessSpec>> = {
  'cnn-gap': { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
  'marabou-medium-nhwc': unit,
  'oval-wide-kw': { mean: [0.485, 0.456, 0.406], std: 0.225 },
  'resnet-2b-robust': { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  resnet20: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  'vit-ibp-3-3-8': { mean: [0.4914, 0.4822, 0.4465], std: [0.2023, 0.1994, 0.201] },
}

export const cifarModels = Object.entries(cifarSpecs).map(([name, preprocess]): Model => ({
  name,
  file: join(data, name.startsWith('vit') ? 'onnx/transformer' : 'onnx/cifar10', `${name}.onnx`),
  calibrate: join(data, 'cifar10/train_4000_lossless.bin.gz'),
  test: join(data, 'cifar10/test_1000_lossless.bin.gz'),
  preprocess,
  isConvolutional: !name.startsWith('vit'),
  mode: 'balance',
  testSamples: 1000,
}))

export const resnet20 = cifarModels.find(({ name }) => name === 'resnet20')!

/** Those of the acceptance table, and of the benchmark of inference. */
export const acceptanceModels: readonly Model[] = [...mnistModels, resnet20]

/** Those of `models` whose names contain one of `filters`. Throws where the data are not on this machine. */
export function selectModels(models: readonly Model[], filters: readonly string[]): Model[] {
  if (!existsSync(data)) throw new Error(`no data at ${data}; set SNN_SHARED to the folder that holds data/`)
  const selected = models.filter(({ name }) => filters.length === 0 || filters.some((filter) => name.includes(filter)))
  if (selected.length === 0)
    throw new Error(
      `no model is called ${filters.join(' or ')}; there are ${models.map(({ name }) => name).join(', ')}`,
    )
  return selected
}
