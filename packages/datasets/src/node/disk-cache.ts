import { join } from 'node:path'
import { zipSync } from 'fflate'
import { SnnError, hostTensor, isSnnError, type DType, type TensorLike } from '@snn/tensor'
import { checkMembers, checkOptions } from '@snn/tensor/library'
import { makeFolder, replaceFile } from '@snn/tensor/node'
import type { Dataset } from '../dataset.js'
import { npyFile } from '../npy-file.js'
import { parseNpz } from '../npz.js'
import type { Pair } from '../sample-pairs.js'
import { kindOf, readBytes } from './files.js'

export interface DiskCacheOptions {
  /** Where the samples are kept. Another transform or data set needs another folder. */
  readonly folder: string
  /** Outcomes of a random transform kept of each sample. Default 1. */
  readonly copies?: number
}

/**
 * Keeps each sample on disk (as .npz of x and y) when it is first read, and reads it there afterwards: for transforms
 * that take longer than reading. A file that is damaged is made again.
 */
export function diskCache(dataset: Dataset<Pair>, options: DiskCacheOptions): Dataset<Pair> {
  checkMembers('diskCache', dataset, 'dataset', ['length', 'get()'], 'a data set of [x, y] pairs')
  checkOptions('diskCache', options, ['folder', 'copies'])
  const { folder, copies = 1 } = options
  if (!Number.isInteger(copies) || copies < 1)
    throw new SnnError('ARGUMENT', `[diskCache] copies ${copies}, expected a whole number of at least 1.`, {
      name: 'copies',
      value: copies,
    })
  return {
    length: dataset.length,
    description: dataset.description,
    async get(index, draw = 0) {
      // A loader's draw is pass * length + index.
      const copy = Math.floor(draw / dataset.length) % copies
      const path = join(folder, `${index}-${copy}.npz`)
      if ((await kindOf(path)) === 'file') {
        const kept = await readPair(path).catch((error: unknown) => {
          if (isSnnError(error, 'DATA_INVALID')) return undefined
          throw error
        })
        if (kept) return kept
      }
      const pair = await dataset.get(index, draw)
      await makeFolder(folder)
      await replaceFile(path, packPair(pair), { durable: false })
      return pair
    },
  }
}

const types: Readonly<Partial<Record<DType, string>>> = {
  float32: '<f4',
  float64: '<f8',
  int32: '<i4',
  uint8: '|u1',
  bool: '|b1',
}

function packPair([x, y]: Pair): Uint8Array {
  const file = (value: TensorLike): Uint8Array => {
    const { dtype, shape, data } = hostTensor(value, 'diskCache')
    const type = types[dtype]
    if (!type)
      throw new SnnError('DTYPE', `[diskCache] a sample of ${dtype}, expected ${Object.keys(types).join(', ')}.`, {
        dtypes: [dtype],
      })
    return npyFile(type, shape, data)
  }
  return zipSync(
    {
      'x.npy': file(x),
      [typeof y === 'number' ? 'label.npy' : 'y.npy']:
        typeof y === 'number' ? npyFile('<f8', [], Float64Array.of(y)) : file(y),
    },
    { level: 1 },
  )
}

async function readPair(path: string): Promise<Pair | undefined> {
  const arrays = parseNpz(await readBytes(path), path)
  const x = arrays.get('x')
  const label = arrays.get('label')
  const y = label ? label.data[0] : arrays.get('y')
  return x && y !== undefined ? [x, y] : undefined
}
