import type { ImageDataset } from '../../dataset.js'
import type { ImageSetInfo, SetOptions } from '../define-set.js'
import { openDataset } from '../open-dataset.js'
import { findSet } from './find-set.js'

/** The pictures of a set that `openDataset` reads: in `root`, or where its download is. */
export async function pictures(
  info: ImageSetInfo,
  options: SetOptions,
  looked: string,
  is: (names: readonly string[]) => boolean,
): Promise<ImageDataset> {
  const folder = await findSet(info, options, looked, is)
  return picturesIn(folder, info, options)
}

/** The pictures of a split in the folder of its files. */
export async function picturesIn(
  folder: string,
  { title }: ImageSetInfo,
  { split, signal }: Pick<SetOptions, 'split' | 'signal'>,
): Promise<ImageDataset> {
  const dataset = await openDataset(`${folder}:${split}`, signal ? { signal } : {})
  return { ...dataset, description: `${title} ${split}, ${dataset.length} x [${dataset.shape!.join(',')}]` }
}
