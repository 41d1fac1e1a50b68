export { type OnnxErrorDetails } from './error-codes.js'
import { readFile, realpath, stat } from 'node:fs/promises'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import { SnnError } from '@snn/tensor'
import { checkObject, checkString } from '@snn/tensor/library'
import { invalid } from './errors.js'
import type { OnnxGraph, ReadOptions } from './graph.js'
import { readOnnx } from './read/read.js'

/** The largest file that is read: more does not fit into one array. */
const maxBytes = 2 ** 32

export interface ReadFileOptions extends Omit<ReadOptions, 'externalData'> {
  /** Hears the path of every file that is read: of the model and of its external data. */
  readonly onFile?: ((path: string) => void) | undefined
}

/**
 * Reads a model file, and the external data files beside it that it names. A location that leaves the folder of the
 * model, also by a symbolic link, is refused with `ONNX_INVALID`. `ARGUMENT` when the file cannot be read.
 */
export async function readOnnxFile(path: string, settings: ReadFileOptions = {}): Promise<OnnxGraph> {
  checkString('readOnnxFile', path, 'path', 'the path of a model file')
  checkObject('readOnnxFile', settings)
  const { onFile, ...options } = settings
  let bytes: Uint8Array
  let folder: string
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw new Error(`the file has ${size} bytes, expected at most ${maxBytes}`)
    bytes = await readFile(path)
    folder = dirname(await realpath(path))
  } catch (cause) {
    throw new SnnError(
      'ARGUMENT',
      `[readOnnxFile] "${path}" cannot be read: ${String(cause)}. Check the path.`,
      { name: 'path', value: path },
      { cause },
    )
  }
  onFile?.(path)
  return readOnnx(bytes, { ...options, externalData: (location) => externalFile(folder, location, onFile) })
}

function externalFile(folder: string, location: string, onFile?: (path: string) => void): Uint8Array {
  const where = `external data "${location}"`
  const outside = (to: string): boolean => {
    const path = relative(folder, to)
    return path === '' || path.startsWith('..') || isAbsolute(path)
  }
  const wanted = resolve(folder, location)
  if (isAbsolute(location) || outside(wanted)) throw invalid(where, 'the path leaves the folder of the model')
  try {
    const real = realpathSync(wanted)
    if (outside(real)) throw invalid(where, 'the path leaves the folder of the model by a link')
    const info = statSync(real)
    if (!info.isFile() || info.size > maxBytes) throw invalid(where, 'it is no file of at most 4 GiB')
    onFile?.(real)
    return readFileSync(real)
  } catch (cause) {
    if (cause instanceof SnnError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new SnnError(
        'ONNX_INVALID',
        `[readOnnx] ${where}: no such file beside the model, which keeps its weights there. Copy it into the folder of the model, ${folder}, under this name.`,
        { where, what: 'no such file' },
        { cause },
      )
    throw invalid(where, `the file cannot be read (${String(cause)})`, cause)
  }
}
