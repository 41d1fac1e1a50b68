import { basename, dirname, join, resolve } from 'node:path'
import { formatShape, isSnnError, type TensorLike } from '@snn/tensor'
import { checkObject, checkString } from '@snn/tensor/library'
import { fromArrays } from '../arrays.js'
import { parseCifar } from '../cifar.js'
import { concatenate, type ImageDataset } from '../dataset.js'
import { parseIdx } from '../idx.js'
import { invalid } from '../invalid.js'
import { parseNpy } from '../npy.js'
import { parseNpz } from '../npz.js'
import { parseKind } from '../wrong-kind.js'
import { filesIn, kindOf, notFound, readBytes, readUnpacked } from './files.js'
import { picturesIn } from './image-folder.js'
import { isPicture, pictureFolder } from './picture-folder.js'

/** Options of `openDataset`. */
export interface OpenOptions {
  /** Where the colours of 4-axis uint8 arrays are; see `fromArrays`. */
  readonly layout?: 'nchw' | 'nhwc'
  /**
   * `optional`: labels of arrays that name no classes are left out, with a note, instead of an error. Default `needed`.
   */
  readonly labels?: 'needed' | 'optional'
  /** Ends the work early, by throwing `signal.reason`. */
  readonly signal?: AbortSignal
}

type Split = 'train' | 'test'

/** What `openDataset` reads, for help texts and errors. */
export const dataForms: readonly string[] = [
  'FOLDER:train or FOLDER:test with train-images-idx3-ubyte[.gz], t10k-images-idx3-ubyte[.gz] and their labels (MNIST)',
  'FOLDER:train or FOLDER:test with data_batch_1.bin .. and test_batch.bin (CIFAR-10), or train.bin and test.bin (CIFAR-100)',
  'FOLDER with labels.json and JPEG or PNG pictures',
  'FOLDER with a folder of JPEG or PNG pictures for each class, nested or not; FOLDER:train or FOLDER:test with folders train, test or val of such',
  'FILE.bin[.gz] (CIFAR binary)',
  'FILE.npz with arrays x and y, or images and labels; FILE.npz:train or FILE.npz:test with x_train, y_train, x_test, y_test',
  'IMAGES,LABELS: two IDX or .npy files; of IDX files IMAGES alone where LABELS lie beside them under the usual name',
  'without labels, to convert: IMAGES alone, FILE.npz with x or images alone, a FOLDER of JPEG or PNG pictures',
]

/** A data set of pictures from what a user writes: a path, a path and split, or a pair of files (see `dataForms`). */
export async function openDataset(description: string, options: OpenOptions = {}): Promise<ImageDataset> {
  checkString('openDataset', description, 'description', "a path such as 'data/mnist:train'")
  checkObject('openDataset', options)
  const { signal } = options
  if (description.trim() === '') throw notFound('openDataset', "''", dataForms)
  switch (await kindOf(description)) {
    case 'file':
      return openFile(description, options)
    case 'folder':
      return openFolder(description, undefined, options)
    case 'none':
  }
  const [, path, split] = /^(.*):(train|test)$/.exec(description) ?? []
  const kind = path === undefined ? 'none' : await kindOf(path)
  if (kind === 'folder') return openFolder(path!, split as Split, options)
  if (kind === 'file' && /\.npz$/i.test(path!)) return openNpz(path!, split as Split, options)
  const pair = await pairOf(description)
  if (pair) return openPair(...pair, options)
  signal?.throwIfAborted()
  throw notFound('openDataset', description, dataForms)
}

/** The two files of `images,labels`, whichever comma parts them. */
async function pairOf(description: string): Promise<[images: string, labels: string] | undefined> {
  for (let comma = description.indexOf(','); comma >= 0; comma = description.indexOf(',', comma + 1)) {
    const images = description.slice(0, comma)
    const labels = description.slice(comma + 1)
    if ((await kindOf(images)) !== 'file') continue
    if ((await kindOf(labels)) === 'file') return [images, labels]
    throw notFound('openDataset', labels, ['the file of labels that belongs to ' + basename(images)])
  }
  return undefined
}

async function openFolder(folder: string, split: Split | undefined, options: OpenOptions): Promise<ImageDataset> {
  const names = await filesIn(folder)
  if (split === undefined) {
    const found = names.filter((name) => /-images|^(data|test)_batch.*\.bin|^(train|test)\.bin/.test(name))
    const fix =
      found.length > 0 ? [`${folder}:train or ${folder}:test, since it has ${found.slice(0, 4).join(', ')}`] : dataForms
    const pictures = found.length > 0 && !names.includes('labels.json') ? undefined : await picturesIn(folder, options)
    if (pictures) return pictures
    if (names.some(isPicture)) return pictureFolder(folder, names.filter(isPicture))
    throw notFound('openDataset', folder, fix)
  }
  const prefix = split === 'train' ? 'train' : '(?:t10k|test)'
  const idx = ['images', 'labels'].map((what) =>
    names.filter((name) => new RegExp(`^(?:[\\w-]*-)?${prefix}-${what}[-.]idx[13]-ubyte(?:\\.gz)?$`).test(name)),
  )
  const [images, labels] = idx.map((found) => found[0]) // a plain file sorts before its .gz
  if (images !== undefined && labels !== undefined) return openPair(join(folder, images), join(folder, labels), options)
  const batches = names.filter((name) =>
    (split === 'train' ? /^(data_batch_\d+|train)\.bin(\.gz)?$/ : /^(test_batch|test)\.bin(\.gz)?$/).test(name),
  )
  if (batches.length === 0) {
    const part = (split === 'train' ? ['train'] : ['test', 'val', 'valid', 'validation']).find((name) =>
      names.includes(name),
    )
    const pictures =
      part !== undefined && (await kindOf(join(folder, part))) === 'folder'
        ? await picturesIn(join(folder, part), options)
        : undefined
    if (pictures) return pictures
    const python = names.some((name) => /(^|\/)(data_batch_1|test_batch)$/.test(name))
    const idxName = split === 'train' ? 'train' : 't10k'
    const looked = [
      `${idxName}-images-idx3-ubyte[.gz] with ${idxName}-labels-idx1-ubyte[.gz]`,
      split === 'train' ? 'data_batch_*.bin' : 'test_batch.bin',
    ]
    throw notFound(
      'openDataset',
      folder,
      python ? [...looked, 'the binary version of CIFAR (this is the Python one)'] : looked,
    )
  }
  const classes = await classNames(folder)
  const unique = batches.filter((name) => !name.endsWith('.gz') || !batches.includes(name.slice(0, -3)))
  const parts: ImageDataset[] = []
  for (const name of unique) parts.push(cifar(await readUnpacked(join(folder, name), options.signal), name, classes))
  if (parts.length === 1) return parts[0]!
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return concatenate(parts, `CIFAR ${basename(resolve(folder))} ${split}, ${length} x [3,32,32]`)
}

/** The names that CIFAR's text files list, one a line. */
async function classNames(folder: string): Promise<string[] | undefined> {
  for (const name of ['batches.meta.txt', 'fine_label_names.txt']) {
    const path = join(folder, name)
    if ((await kindOf(path)) === 'file')
      return new TextDecoder()
        .decode(await readBytes(path))
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '')
  }
  return undefined
}

async function openFile(path: string, options: OpenOptions): Promise<ImageDataset> {
  const file = basename(path)
  if (/\.npz$/i.test(path)) return openNpz(path, undefined, options)
  if (/\.bin(\.gz)?$/i.test(path)) {
    const classes = await classNames(dirname(path))
    return cifar(await readUnpacked(path, options.signal), file, classes)
  }
  const labels = await labelsBeside(path)
  if (labels !== undefined) return openPair(path, labels, options)
  if (options.labels === 'optional' && /\.npy(\.gz)?$|[-.]idx\d-ubyte(\.gz)?$/i.test(path))
    return openPair(path, undefined, options)
  throw notFound('openDataset', path, [`labels for ${file}, as ${file},LABELS`, ...dataForms])
}

/** MNIST's name for the labels of images in an IDX file, packed or not, where there is such a file. */
async function labelsBeside(path: string): Promise<string | undefined> {
  const name = basename(path).replace(/\.gz$/, '')
  const labels = name.replace(/images([-.])idx3-ubyte$/, 'labels$1idx1-ubyte')
  if (labels === name) return undefined
  for (const other of [labels, `${labels}.gz`])
    if ((await kindOf(join(dirname(path), other))) === 'file') return join(dirname(path), other)
  return undefined
}

/**
 * The one array named for images and the one for labels, of a split as Keras names them (`x_train`, `y_test`) where one
 * is asked for.
 */
async function openNpz(path: string, split: Split | undefined, options: OpenOptions): Promise<ImageDataset> {
  const file = basename(path)
  const bytes = await readUnpacked(path, options.signal)
  const arrays = parseKind('openDataset', file, bytes, ['npz'], () => parseNpz(bytes, file))
  const pick = (names: readonly string[]): TensorLike | undefined => {
    const wanted = split === undefined ? names : names.flatMap((name) => [`${name}_${split}`, `${split}_${name}`])
    const found = [...arrays.keys()].filter((name) => wanted.includes(name.toLowerCase()))
    return found.length === 1 ? arrays.get(found[0]!) : undefined
  }
  const images = pick(['x', 'images', 'data'])
  const labels = pick(['y', 'labels', 'targets'])
  if (images && (labels || arrays.size === 1)) return joinArrays(images, labels, file, options)
  const wanted =
    split === undefined
      ? 'x or images, y or labels; for x_train and x_test write FILE.npz:train'
      : `x_${split} and y_${split}`
  throw invalid(
    'openDataset',
    file,
    `holds the arrays ${[...arrays.keys()].join(', ') || '(none)'}, expected one for images and one for labels: ${wanted}.`,
  )
}

async function openPair(
  imagesPath: string,
  labelsPath: string | undefined,
  options: OpenOptions,
): Promise<ImageDataset> {
  const images = await readArray(imagesPath, options.signal)
  const labels = labelsPath === undefined ? undefined : await readArray(labelsPath, options.signal)
  return joinArrays(images, labels, basename(imagesPath), options)
}

async function readArray(path: string, signal?: AbortSignal): Promise<TensorLike> {
  const bytes = await readUnpacked(path, signal)
  const file = basename(path)
  return parseKind('openDataset', file, bytes, ['npy', 'idx'], () =>
    bytes[0] === 0x93 ? parseNpy(bytes, file) : parseIdx(bytes, file),
  )
}

function cifar(bytes: Uint8Array, file: string, classes: string[] | undefined): ImageDataset {
  return parseKind('openDataset', file, bytes, [], () => parseCifar(bytes, { file, ...(classes && { classes }) }))
}

/** `fromArrays`, with the file named in what it throws. */
function joinArrays(
  images: TensorLike,
  labels: TensorLike | undefined,
  file: string,
  { layout, labels: use }: OpenOptions,
): ImageDataset {
  const name = file.replace(/\.gz$/, '')
  const described = {
    description: `${name}, ${images.shape[0] ?? 0} x ${formatShape(images.shape.slice(1))}`,
    ...(layout ? { layout } : {}),
  }
  try {
    try {
      return fromArrays(images, labels, described)
    } catch (error) {
      if (use !== 'optional' || !labels || labels.shape[0] !== images.shape[0] || !isSnnError(error)) throw error
      // where the images are at fault, they are again
      const unlabelled = fromArrays(images, undefined, described)
      return {
        ...unlabelled,
        notes: [...(unlabelled.notes ?? []), `The labels are left out: ${error.message.replace(/^\[\w+\] /, '')}`],
      }
    }
  } catch (error) {
    if (isSnnError(error)) throw invalid('openDataset', file, error.message, undefined, error)
    throw error
  }
}
