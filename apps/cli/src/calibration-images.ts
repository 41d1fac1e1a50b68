import { imageDigest, type ImageDataset } from '@snn/datasets'
import { SnnError } from '@snn/tensor'

/**
 * A data set that takes a digest of each image as it is read, by which a file remembers what it was calibrated with.
 */
export function withDigests(dataset: ImageDataset): { readonly dataset: ImageDataset; digests(): Promise<string[]> } {
  const digests: string[] = []
  const get: ImageDataset['get'] = async (index, draw) => {
    const sample = await dataset.get(index, draw)
    digests[index] ??= imageDigest(sample.image)
    return sample
  }
  return {
    dataset: { ...dataset, get },
    async digests() {
      for (let i = 0; i < dataset.length; i++) if (digests[i] === undefined) await get(i)
      return digests
    },
  }
}

/** The data set, whose samples are refused with `CALIBRATION` where their images are among `digests`. */
export function withoutImages(dataset: ImageDataset, digests: readonly string[]): ImageDataset {
  const seen = new Set(digests)
  return {
    ...dataset,
    async get(index, draw) {
      const sample = await dataset.get(index, draw)
      if (!seen.has(imageDigest(sample.image))) return sample
      throw new SnnError(
        'CALIBRATION',
        `[eval] sample ${index} of ${dataset.description} is one that the network was calibrated with, expected others: thresholds must not see those that are tested. Give other data, or allow it with --same-data.`,
        { reason: 'tested' },
      )
    },
  }
}
