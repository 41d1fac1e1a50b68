import { basename, join } from 'node:path'
import { checkMembers, checkObject, type TensorLike } from '@snn/tensor'
import { checkIndex, type Dataset, type ImageDataset } from '../dataset.js'
import { downloadSet } from './download/download-set.js'
import { classFolders, findSet, namesIn } from './event-sets/layout.js'
import { withIds, type SetInfo, type SetOptions } from './event-sets/set.js'
import { notFound, readBytes } from './files.js'
import { openDataset } from './open-dataset.js'
import { parseWav } from './wav.js'

/** Pictures as MNIST: four IDX files in one folder, with the checksums of images and labels of the training part, then of the test part. */
const idxSet = (folder: string, checksums: readonly string[]) =>
  ({
    sensor: { width: 28, height: 28, polarities: 1 },
    timeUnit: 's',
    classes: 10,
    splits: { train: 60000, test: 10000 },
    files: ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'].map((part, i) => ({
      name: `${part}-ubyte.gz`,
      md5: checksums[i]!,
      url: `${folder}${part}-ubyte.gz`,
      splits: [i < 2 ? 'train' : 'test'],
    })),
  }) as const
const speechSet = (version: string, md5: string) => {
  const name = `speech_commands_v${version}.tar.gz`
  const url = `https://storage.googleapis.com/download.tensorflow.org/data/${name}`
  return {
    title: `Speech Commands v${version}`,
    sensor: { width: 16000, height: 1, polarities: 1 },
    timeUnit: 's',
    licence: 'CC BY 4.0',
    citation: 'Warden: Speech Commands: a dataset for limited-vocabulary speech recognition. arXiv 1804.03209, 2018.',
    page: url,
    files: [{ name, md5, url }],
  } as const
}

/** Sets of pictures and sounds, for encoders. */
export const staticCatalogue = withIds({
  mnist: {
    ...idxSet('https://ossci-datasets.s3.amazonaws.com/mnist/', ['f68b3c2dcbeaaa9fbdd348bbdeb94873', 'd53e105ee54ea40749a09fcbcd1e9432', '9fb629c4189551a2d022fa330f9573f3', 'ec29112dd5afa0611ce80d1b7f02629c']),
    title: 'MNIST',
    licence: 'CC BY-SA 3.0',
    citation: 'LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. Proceedings of the IEEE 86(11), 1998.',
    page: 'https://yann.lecun.com/exdb/mnist/',
  },
  fashionMnist: {
    ...idxSet('http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/', ['8d4fb7e6c68d591d4c3dfef9ec88bf0d', '25c81989df183df01b3e8a0aad5dffbe', 'bef4ecab320f06d8554ea6380940ec79', 'bb300cfdad3c16e7a12a480ee83cd310']),
    title: 'Fashion-MNIST',
    licence: 'MIT',
    citation: 'Xiao, Rasul, Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms. arXiv 1708.07747, 2017.',
    page: 'https://github.com/zalandoresearch/fashion-mnist',
  },
  cifar10: {
    title: 'CIFAR-10',
    sensor: { width: 32, height: 32, polarities: 3 },
    timeUnit: 's',
    classes: 10,
    splits: { train: 50000, test: 10000 },
    licence: 'no formal licence',
    citation: 'Krizhevsky: Learning multiple layers of features from tiny images. Technical report, 2009.',
    page: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    files: [{ name: 'cifar-10-binary.tar.gz', md5: 'c32a1d4ab5d03f1284b67883e8d87530', url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz' }],
  },
  speechCommands: { ...speechSet('0.02', '6b74f3901214cb2c2934e98196829835'), classes: 35, splits: { train: 84843, validation: 9981, test: 11005 } },
  speechCommandsV1: { ...speechSet('0.01', '3cd23799cb2bbdec517f1cc028f8d43c'), classes: 30, splits: { train: 51088, validation: 6798, test: 6835 } },
})

/** The pictures of a set that `openDataset` reads: in `root`, or where its download is. */
async function pictures(info: SetInfo, options: SetOptions, marker: (names: readonly string[]) => boolean, looked: string): Promise<ImageDataset> {
  const folder = await findSet(info, options, looked, marker)
  const dataset = await openDataset(`${folder}:${options.split}`, options.signal ? { signal: options.signal } : {})
  return { ...dataset, description: `${info.title} ${options.split}, ${dataset.length} x [${dataset.shape!.join(',')}]` }
}

const idxFiles = (split: string) => (names: readonly string[]): boolean => names.some((name) => name.startsWith(`${split === 'train' ? 'train' : 't10k'}-images`))

/** Fashion-MNIST (Xiao et al. 2017): the four IDX files, uint8 [1, 28, 28]. */
export async function fashionMnist(options: SetOptions<'train' | 'test'>): Promise<ImageDataset> {
  checkObject('fashionMnist', options)
  const dataset = await pictures(staticCatalogue.fashionMnist, options, idxFiles(options.split), 'train-images-idx3-ubyte[.gz], ...')
  return { ...dataset, classes: ['T-shirt/top', 'trouser', 'pullover', 'dress', 'coat', 'sandal', 'shirt', 'sneaker', 'bag', 'ankle boot'] }
}

/** CIFAR-10 (Krizhevsky 2009), binary version: `data_batch_1.bin` ... `test_batch.bin`, uint8 [3, 32, 32]. */
export async function cifar10(options: SetOptions<'train' | 'test'>): Promise<ImageDataset> {
  checkObject('cifar10', options)
  return pictures(staticCatalogue.cifar10, options, (names) => names.some((name) => /^(data_batch_1|test_batch)\.bin/.test(name)), 'data_batch_*.bin and test_batch.bin')
}

/** Brings MNIST into a folder for `mnist({ root, split })`. */
export async function downloadMnist(options: Omit<SetOptions<'train' | 'test'>, 'download'>): Promise<string> {
  checkMembers('downloadMnist', options, 'options', ['root'], '{ root, .. }')
  await downloadSet(staticCatalogue.mnist, options)
  return join(options.root, 'download')
}

/** A sound and its class. */
export interface AudioSample {
  /** float32 [samples], peak 1. */
  readonly audio: TensorLike
  readonly label: number
  readonly name: string
}

export interface AudioDataset extends Dataset<AudioSample> {
  /** Samples a second. */
  readonly rate: number
  readonly classes: readonly string[]
  readonly labels: readonly number[]
}

export interface SpeechCommandsOptions extends SetOptions<'train' | 'validation' | 'test'> {
  /** 2 (default): v0.02, 35 words. 1: v0.01, 30 words. */
  readonly version?: 1 | 2
  /** So many samples of silence, one second each from `_background_noise_` at even places, as a class of their own. Default 0. */
  readonly silence?: number
}

const rate = 16000

/**
 * Speech Commands (Warden 2018): a folder of .wav files for each word; `validation_list.txt` and `testing_list.txt` name those that are not for
 * training. Samples are divided by their greatest size.
 */
export async function speechCommands(options: SpeechCommandsOptions): Promise<AudioDataset> {
  checkObject('speechCommands', options)
  const { silence = 0, version = 2 } = options
  const info = version === 1 ? staticCatalogue.speechCommandsV1 : staticCatalogue.speechCommands
  const folder = await findSet(info, options, 'folders of words with validation_list.txt and testing_list.txt', (names) => names.includes('testing_list.txt'))
  const classes = (await namesIn(folder)).filter((name) => name.endsWith('/') && !name.startsWith('_')).map((name) => name.slice(0, -1))
  const list = async (name: string): Promise<Set<string>> => new Set(new TextDecoder().decode(await readBytes(join(folder, name), options.signal)).split(/\s+/))
  const [validation, testing] = [await list('validation_list.txt'), await list('testing_list.txt')]
  const wanted = { train: (path: string) => !validation.has(path) && !testing.has(path), validation: (path: string) => validation.has(path), test: (path: string) => testing.has(path) }[options.split]
  const files = (await classFolders(folder, classes, ['.wav'])).filter(({ path }) => wanted(path))
  if (files.length === 0) throw notFound('speechCommands', folder, [`recordings of the split ${options.split}`])
  const noises = silence > 0 ? (await namesIn(join(folder, '_background_noise_'))).filter((name) => name.endsWith('.wav')) : []
  if (silence > 0 && noises.length === 0) throw notFound('speechCommands', folder, ['_background_noise_/*.wav'])
  const read = async (path: string): Promise<Float32Array> => parseWav(await readBytes(join(folder, path)), `${basename(folder)}/${path}`).samples
  const length = files.length + silence
  return {
    length,
    description: `Speech Commands ${options.split}, ${length} recordings at ${rate} Hz`,
    rate,
    classes: silence > 0 ? [...classes, 'silence'] : classes,
    labels: [...files.map(({ label }) => label), ...Array.from({ length: silence }, () => classes.length)],
    async get(index) {
      checkIndex(index, length)
      const file = files[index]
      if (file) return { audio: peakOne(await read(file.path)), label: file.label, name: file.path }
      const number = index - files.length
      const path = `_background_noise_/${noises[number % noises.length]!}`
      const noise = await read(path)
      const round = Math.floor(number / noises.length)
      const rounds = Math.ceil(silence / noises.length)
      const from = Math.floor((Math.max(0, noise.length - rate) * round) / rounds)
      return { audio: peakOne(noise.subarray(from, from + rate)), label: classes.length, name: `${path}#${from}` }
    },
  }
}

function peakOne(samples: Float32Array): TensorLike {
  const peak = samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return { data: samples.map((value) => value / (peak || 1)), shape: [samples.length], dtype: 'float32' }
}
