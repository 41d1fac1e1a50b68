import { checkBytes } from './check.js'

/** What a file is, by its first bytes. */
export interface FileKind {
  readonly id: string
  /** As in `it is a web page (HTML)`. */
  readonly name: string
  /** What one does who wanted another kind of file, where that can be said. */
  readonly fix?: string
}

type Test = (bytes: Uint8Array, text: string) => boolean

const starts =
  (...first: readonly number[]): Test =>
  (bytes) =>
    first.every((byte, i) => bytes[i] === byte)
const textAt =
  (at: number, expected: string): Test =>
  (_, text) =>
    text.startsWith(expected, at)
const matches =
  (pattern: RegExp): Test =>
  (_, text) =>
    pattern.test(text)

/** An archive with such names among its first members. */
const inZip =
  (names: RegExp): Test =>
  (_, text) =>
    text.startsWith('PK\u0003\u0004') && names.test(text)

/** A header of that many bytes, as JSON, behind a length of 8 bytes. */
const isSafetensors: Test = (bytes, text) =>
  bytes.length > 8 &&
  bytes[4] === 0 &&
  bytes[5] === 0 &&
  bytes[6] === 0 &&
  bytes[7] === 0 &&
  /^\{\s*"/.test(text.slice(8))

const exportToOnnx = 'Export the network to ONNX where it was trained'

/** In this order: the first that fits names the file. */
const kinds: readonly (readonly [test: Test, id: string, name: string, fix?: string])[] = [
  [(bytes) => bytes.length === 0, 'empty', 'empty', 'Fetch or write it again.'],
  // before all that goes by two bytes, as which the length of a header may read: 640 bytes begin like a pickle
  [isSafetensors, 'safetensors', 'a safetensors file: weights without a network', `${exportToOnnx}.`],
  [
    matches(/^\s*<(!doctype html|html|head|body)\b/i),
    'html',
    'a web page (HTML)',
    'Fetch the file itself, not the page that shows it (the raw or download address).',
  ],
  [matches(/^\s*<\?xml/i), 'xml', 'a text in XML', 'Is it the answer of a server that refused the download?'],
  [
    textAt(0, 'version https://git-lfs.github.com/spec/'),
    'git-lfs',
    'a pointer of Git LFS, not the file that it stands for',
    'Run git lfs pull, or download the file itself.',
  ],
  [
    matches(/^\S*\/annex\/objects\//),
    'git-annex',
    'a pointer of git-annex, not the file that it stands for',
    'Run git annex get.',
  ],
  [
    inZip(/(\/data\.pkl|\/\.format_version|\/byteorder|\/code\/__torch__)/),
    'torch',
    'a PyTorch file (.pt, .pth)',
    `${exportToOnnx}: torch.onnx.export(model, x, 'model.onnx'), or save its weights with safetensors.`,
  ],
  [
    inZip(/(metadata\.json|config\.json|model\.weights\.h5)/),
    'keras',
    'a Keras file (.keras)',
    `${exportToOnnx}: model.export('model.onnx', format='onnx').`,
  ],
  [inZip(/^[^]{30,285}\.npy/), 'npz', 'an archive of NumPy arrays (.npz)'],
  [
    (_, text) => text.startsWith('PK\u0003\u0004') || text.startsWith('PK\u0005\u0006'),
    'zip',
    'a ZIP archive',
    'Unpack it first.',
  ],
  [
    (bytes) => bytes[0] === 0x80 && bytes[1]! >= 2 && bytes[1]! <= 5,
    'pickle',
    'a Python pickle (.pkl, an old .pt or .pth)',
    `${exportToOnnx}, or save its arrays with safetensors or NumPy.`,
  ],
  [
    (bytes, text) => [0, 512, 1024].some((at) => bytes[at] === 0x89 && text.startsWith('HDF\r\n\u001a\n', at + 1)),
    'hdf5',
    'an HDF5 file (.h5, .hdf5)',
    `If it is a Keras model: ${exportToOnnx.toLowerCase()} with model.export('model.onnx', format='onnx').`,
  ],
  [
    textAt(4, 'TFL3'),
    'tflite',
    'a TensorFlow Lite model (.tflite)',
    'Convert it with tf2onnx: python -m tf2onnx.convert --tflite model.tflite --output model.onnx.',
  ],
  [
    textAt(4, 'ORTM'),
    'ort',
    "a model in ONNX Runtime's own format (.ort)",
    'Use the .onnx file that it was made from.',
  ],
  [textAt(0, 'GGUF'), 'gguf', 'a GGUF file'],
  [starts(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59), 'npy', 'a NumPy array (.npy)'],
  [starts(0x89, 0x50, 0x4e, 0x47), 'png', 'a picture (PNG)'],
  [starts(0xff, 0xd8, 0xff), 'jpeg', 'a picture (JPEG)'],
  [textAt(0, 'GIF8'), 'gif', 'a picture (GIF)'],
  [(bytes, text) => text.startsWith('RIFF') && text.startsWith('WEBP', 8), 'webp', 'a picture (WebP)'],
  [(bytes, text) => text.startsWith('RIFF') && text.startsWith('WAVE', 8), 'wav', 'a sound (WAV)'],
  [starts(0x1f, 0x8b), 'gzip', 'packed with gzip', 'Unpack it first: gunzip.'],
  [starts(0x28, 0xb5, 0x2f, 0xfd), 'zstd', 'packed with zstd', 'Unpack it first: zstd -d.'],
  [textAt(0, 'BZh'), 'bzip2', 'packed with bzip2', 'Unpack it first: bunzip2.'],
  [starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00), 'xz', 'packed with xz', 'Unpack it first: unxz.'],
  [starts(0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c), '7z', 'a 7z archive', 'Unpack it first.'],
  [textAt(0, 'Rar!'), 'rar', 'a RAR archive', 'Unpack it first.'],
  [textAt(257, 'ustar'), 'tar', 'a tar archive', 'Unpack it first.'],
  [textAt(0, 'MATLAB 5.0 MAT-file'), 'mat', 'a MATLAB file (.mat)'],
  [
    (bytes) =>
      bytes[0] === 0 && bytes[1] === 0 && bytes[2]! >= 8 && bytes[2]! <= 14 && bytes[3]! >= 1 && bytes[3]! <= 5,
    'idx',
    'an IDX file, as those of MNIST',
  ],
  [textAt(0, '%PDF'), 'pdf', 'a PDF'],
  [matches(/^\s*[{[]\s*["\]}\d[{]/), 'json', 'a text in JSON'],
  [(bytes, text) => !/[^\t\n\r\u0020-\u007e\u0080-\u00ff]/.test(text), 'text', 'a text'],
]

/**
 * What a file is, by its first bytes (1024 are enough); undefined for what is none of the kinds that are known here.
 */
export function fileKind(bytes: Uint8Array): FileKind | undefined {
  const head = checkBytes('fileKind', bytes).subarray(0, 1024 + 8)
  const text = String.fromCharCode(...head)
  const found = kinds.find(([test]) => test(head, text))
  if (!found) return undefined
  const [, id, name, fix] = found
  return { id, name, ...(fix !== undefined && { fix }) }
}
