import type { RemoteFile } from '../download/remote-set.js'

/**
 * The four IDX files as those of MNIST, in one folder: checksums of images and labels of the training part, then of the
 * test part.
 */
export const idxFiles = (folder: string, checksums: readonly [string, string, string, string]): readonly RemoteFile[] =>
  ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1'].map((part, i) => ({
    name: `${part}-ubyte.gz`,
    md5: checksums[i]!,
    url: `${folder}${part}-ubyte.gz`,
    splits: [i < 2 ? 'train' : 'test'],
  }))

/** Whether the pictures of a split are among the names of a folder. */
export const hasIdxImages =
  (split: string) =>
  (names: readonly string[]): boolean =>
    names.some((name) => name.startsWith(`${split === 'train' ? 'train' : 't10k'}-images`))
