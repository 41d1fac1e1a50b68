import { imageDigest, type ImageDataset } from '@snn/datasets'
import { SnnError } from '@snn/tensor'

/** A digest of every image, by which a file remembers what it was calibrated with. */
export async function digestsOf(dataset: ImageDataset): Promise<string[]> {
  const digests: string[] = []
  for (let i = 0; i < dataset.length; i++) digests.push(imageDigest((await dataset.get(i)).image))
  return digests
}

/** The data set, whose samples are refused with `CALIBRATION` where their images are among `digests`. */
export function withoutImages(dataset: ImageDataset, digests: readonly string[]): ImageDataset {
  const seen = new Set(digests)
  return {
    ...dataset,
    async get(index, draw) {
      const sample = await dataset.get(index, draw)
      if (!seen.has(imageDigest(sample.image))) return sample
      throw new SnnError('CALIBRATION', `[eval] sample ${index} of ${dataset.description} is one that the network was calibrated with, expected others: thresholds must not see those that are tested. Give other data, or allow it with --same-data.`, { reason: 'tested' })
    },
  }
}
