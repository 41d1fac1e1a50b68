import type { Shape, TensorLike } from '@snn/tensor'

/** A finite collection of samples that are read by index, each only when asked for. */
export interface Dataset<S> {
  readonly length: number
  /** What the data are, in one line without paths: equal for equal files on every machine. */
  readonly description: string
  /** The sample at `index`, 0 to length - 1. Throws `ARGUMENT` for another index and `DATA_INVALID` for a corrupt file. */
  get(index: number): Promise<S>
}

/** A picture and its class. Pixels are uint8 of shape [C, H, W], colours in the order red, green, blue. */
export interface ImageSample {
  readonly image: TensorLike
  /** Index of the class, from 0. */
  readonly label: number
}

/** Pictures with class labels. */
export interface ImageDataset extends Dataset<ImageSample> {
  /** `uint8`: pixels, 0 to 255, [C, H, W]. `float32`: numbers that are already what the network takes, in any shape. */
  readonly dtype: 'uint8' | 'float32'
  /** The shape of every image; absent where pictures differ in size. */
  readonly shape?: Shape
  /** Names of the classes by label, where the source has them. */
  readonly classes?: readonly string[]
}
