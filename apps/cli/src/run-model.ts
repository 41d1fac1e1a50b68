import { readFile, stat } from 'node:fs/promises'
import { classify, type Classification } from '@snn/ann2snn'
import { isSnnFile, readSnn } from '@snn/snn-file'
import { parsePreprocess, toFrames, type Batch, type ImageDataset, type PreprocessSpec } from '@snn/datasets'
import { nodeImageDecoder, openEvents } from '@snn/datasets/node'
import type { ReadoutOption } from '@snn/nn'
import { SnnError, type Shape } from '@snn/tensor'
import { withBackend } from './backend.js'
import type { Work } from './evaluate-model.js'
import { inputShape, isCheckpoint, readBytes, readModel } from './model-file.js'
import { batchesFor, changesOf, completeSpec, pictureShapes } from './preprocessing.js'
import { openTrained, type TrainedNetwork } from './trained-network.js'

export interface RunModelOptions {
  /** Time steps. Default: those of the file. */
  readonly steps?: number
  /** How the outputs of all steps are read. Default: as the file says. */
  readonly readout?: ReadoutOption
  /** How many of the best classes are given. Default 3. */
  readonly top?: number
  /** Names of the classes by label, where the file has none. */
  readonly classNames?: readonly string[]
  /** Default: that of the file, else pixels scaled to 0..1. */
  readonly preprocess?: PreprocessSpec
}

/** The object that `snn run --json` prints. */
export interface ModelRun {
  readonly model: string
  readonly steps: number
  readonly results: readonly (Omit<Classification, 'T'> & { readonly file: string })[]
  /** What was done to the pictures, and what has no name. */
  readonly notes?: readonly string[]
}

/** What a spiking network takes pictures, or recordings of events, for. */
export async function runModel(
  path: string,
  files: readonly string[],
  { steps, classNames, preprocess, ...options }: RunModelOptions,
  { signal, onProgress }: Work,
): Promise<ModelRun> {
  for (const file of files) await checkFile(file)
  const { snn, metadata } = await openSpiking(path)
  const shape = inputShape(snn.inputs, path)
  const T = steps ?? snn.metadata.T
  if (T === undefined)
    throw new SnnError(
      'ARGUMENT',
      `[run] ${path} does not say for how many time steps it was made, expected their number. Give --steps.`,
      { name: '--steps', value: T },
    )
  const names = classNames ?? metadata.classNames
  const settings = { T, ...options, ...(names && { classNames: names }), labelOffset: metadata.labelOffset, signal }
  const { inputs, notes: read } =
    snn.metadata.encoding === 'sequence'
      ? { inputs: recordings(files, shape, T, preprocess), notes: () => [] }
      : await pictures(
          files,
          preprocess ?? (metadata.preprocess === undefined ? undefined : parsePreprocess(metadata.preprocess)),
          shape,
          signal,
        )
  const found: Classification[] = []
  await withBackend(async (backend) => {
    for await (const [x] of inputs) {
      found.push(...(await classify(snn, x, { ...settings, backend })))
      onProgress({ stage: 'run', done: found.length, total: files.length })
    }
  })
  const unnamed = names && found.some(({ top }) => top.some(({ name }) => name === undefined))
  const ties = found.flatMap(({ top: [best, next] }, i) => (next && best!.score === next.score ? [files[i]!] : []))
  const notes = [
    ...read(),
    ...(ties.length > 0
      ? [
          `no class stands out in ${ties.length === 1 ? ties[0]! : `${ties.length} of the files`}: the best scores are equal, the first is shown.`,
        ]
      : []),
    ...(unnamed
      ? [
          `only ${names.length} of the classes ${names.length === 1 ? 'has' : 'have'} a name, the others are shown by their number: name all of them with --names.`,
        ]
      : []),
  ]
  return {
    model: path,
    steps: T,
    results: found.map(({ T: _, ...result }, i) => ({ file: files[i]!, ...result })),
    ...(notes.length > 0 && { notes }),
  }
}

async function openSpiking(path: string): Promise<TrainedNetwork> {
  if (isCheckpoint(path)) return openTrained(path)
  await readModel(path, { batch: 'keep' })
  const bytes = await readBytes(path)
  if (isSnnFile(bytes)) return readSnn(bytes)
  throw new SnnError(
    'ARGUMENT',
    `[run] ${path} is a plain ONNX model, expected a spiking network. Convert it first: snn convert ${path} --calibrate DATA --out model.snn.onnx.`,
    { name: 'FILE', value: path },
  )
}

async function checkFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined)
  if (found?.isFile()) return
  const what =
    found === undefined
      ? `nothing to read at ${file}`
      : `${file} is ${found.isDirectory() ? 'a folder' : 'no regular file'}`
  throw new SnnError(
    'DATA_NOT_FOUND',
    `[run] ${what}, expected a picture or a recording. Check the path${found?.isDirectory() ? `, or give its files: ${file}/*` : ''}.`,
    { path: file, looked: ['a picture'] },
  )
}

/** Batches of pictures, as the network was converted or trained with them. */
async function pictures(
  files: readonly string[],
  spec: PreprocessSpec | undefined,
  input: Shape,
  signal: AbortSignal,
): Promise<{ readonly inputs: AsyncIterable<Batch>; readonly notes: () => readonly string[] }> {
  const transparent = new Set<string>()
  const decode = await nodeImageDecoder()
  const dataset: ImageDataset = {
    length: files.length,
    description: `${files.length} pictures`,
    dtype: 'uint8',
    labelled: false,
    get: async (index) => {
      const file = files[index]!
      const image = await decode(await readFile(file), file)
      if (image.transparent) transparent.add(file)
      return { image, label: -1 }
    },
  }
  const shapes = await pictureShapes(dataset)
  const complete = completeSpec(spec, dataset, input, shapes)
  const notes = changesOf(shapes, complete)
  return {
    inputs: batchesFor(dataset, complete, input, { signal }),
    notes: () => [
      ...notes,
      ...(transparent.size > 0
        ? [
            `what is transparent (in ${[...transparent][0]!}${transparent.size > 1 ? ` and ${transparent.size - 1} more` : ''}) counts with the colour that lies under it, as in the usual training pipelines: flatten the picture to see what the network sees.`,
          ]
        : []),
    ],
  }
}

/** Recordings of events [P, H, W], each as the T frames that `snn train` makes of one. */
async function* recordings(
  files: readonly string[],
  input: Shape,
  T: number,
  spec: PreprocessSpec | undefined,
): AsyncGenerator<readonly [x: Batch[0]]> {
  if (spec)
    throw new SnnError(
      'ARGUMENT',
      '[run] --preprocess for recordings of events, expected it for pictures alone. Leave it out.',
      { name: '--preprocess', value: spec },
    )
  const [polarities, height, width] = input.length === 3 ? input : [1, 1, input[0]!]
  const frames = toFrames({ by: 'number', n: T })
  for (const file of files) {
    const source = await openEvents(file, { sensor: { width: width!, height: height!, polarities: polarities! } })
    const x = frames(await source.all())
    yield [{ ...x, shape: [1, ...x.shape] }]
  }
}
