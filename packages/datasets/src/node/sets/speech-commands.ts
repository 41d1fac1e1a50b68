import { basename, join } from 'node:path'
import type { TensorLike } from '@snn/tensor'
import { checkIndex } from '../../dataset.js'
import type { AudioDataset } from '../audio-dataset.js'
import { defineSet, type AudioSetInfo, type SetOptions } from '../define-set.js'
import { notFound, readBytes } from '../files.js'
import { findSet, foldersIn, namesIn } from '../layouts/find-set.js'
import { classFolders } from '../layouts/recording-files.js'
import { parseWav } from '../wav.js'

/** Options of Speech Commands. */
export interface SpeechCommandsOptions extends SetOptions<'train' | 'validation' | 'test'> {
  /** 2 (default): v0.02, 35 words. 1: v0.01, 30 words. */
  readonly version?: 1 | 2
  /**
   * So many samples of silence, one second each from `_background_noise_` at even places, as a class of their own.
   * Default 0.
   */
  readonly silence?: number
}

/** What both versions have in common. */
const facts = (version: string, md5: string) => {
  const name = `speech_commands_v${version}.tar.gz`
  const url = `https://storage.googleapis.com/download.tensorflow.org/data/${name}`
  return {
    kind: 'audio',
    title: `Speech Commands v${version}`,
    rate: 16000,
    licence: 'CC BY 4.0',
    citation: 'Warden: Speech Commands: a dataset for limited-vocabulary speech recognition. arXiv 1804.03209, 2018.',
    page: url,
    files: [{ name, md5, url }],
  } as const
}

/** The first version, which `speechCommands({ version: 1 })` opens. */
export const speechCommandsV1 = defineSet({
  info: {
    id: 'speechCommandsV1',
    ...facts('0.01', '3cd23799cb2bbdec517f1cc028f8d43c'),
    classes: 30,
    splits: { train: 51088, validation: 6798, test: 6835 },
  },
  open: (options: Omit<SpeechCommandsOptions, 'version'>, info) => openSpeech(options, info),
})

/**
 * Speech Commands (Warden 2018): a folder of .wav files for each word; `validation_list.txt` and `testing_list.txt`
 * name those that are not for training. Samples are divided by their greatest size.
 */
export const speechCommands = defineSet({
  info: {
    id: 'speechCommands',
    ...facts('0.02', '6b74f3901214cb2c2934e98196829835'),
    classes: 35,
    splits: { train: 84843, validation: 9981, test: 11005 },
  },
  open: (options: SpeechCommandsOptions, info) =>
    options.version === 1 ? speechCommandsV1(options) : openSpeech(options, info),
})

async function openSpeech(options: Omit<SpeechCommandsOptions, 'version'>, info: AudioSetInfo): Promise<AudioDataset> {
  const { silence = 0 } = options
  const { rate } = info
  const folder = await findSet(
    info,
    options,
    'folders of words with validation_list.txt and testing_list.txt',
    (names) => names.includes('testing_list.txt'),
  )
  const classes = (await foldersIn(folder)).filter((name) => !name.startsWith('_'))
  const list = async (name: string): Promise<Set<string>> =>
    new Set(new TextDecoder().decode(await readBytes(join(folder, name), options.signal)).split(/\s+/))
  const [validation, testing] = [await list('validation_list.txt'), await list('testing_list.txt')]
  const wanted = {
    train: (path: string) => !validation.has(path) && !testing.has(path),
    validation: (path: string) => validation.has(path),
    test: (path: string) => testing.has(path),
  }[options.split]
  const files = (await classFolders(folder, classes, ['.wav'])).filter(({ path }) => wanted(path))
  if (files.length === 0) throw notFound('speechCommands', folder, [`recordings of the split ${options.split}`])
  const noises =
    silence > 0 ? (await namesIn(join(folder, '_background_noise_'))).filter((name) => name.endsWith('.wav')) : []
  if (silence > 0 && noises.length === 0) throw notFound('speechCommands', folder, ['_background_noise_/*.wav'])
  const read = async (path: string): Promise<Float32Array> =>
    parseWav(await readBytes(join(folder, path)), `${basename(folder)}/${path}`).samples
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
