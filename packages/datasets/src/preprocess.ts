import type { TensorLike } from '@snn/tensor'
import type { ImageSample } from './dataset.js'

/**
 * How pixels become the input of a network, as plain data (JSON):
 *
 *   x = (pixel * scale - mean) / std      pixel in 0..255, after a centre crop to `size`
 */
export interface PreprocessSpec {
  /** [height, width] of the centre crop; without it the whole picture. */
  readonly size?: readonly [height: number, width: number]
  /** Order of the channels given to the network; without it as stored (rgb or gray). */
  readonly channels?: 'rgb' | 'bgr' | 'gray'
  /** Shape of one sample: `nchw` [C, H, W] (default), `nhwc` [H, W, C], `flat` [C * H * W]. */
  readonly layout?: 'nchw' | 'nhwc' | 'flat'
  /** Default 1 / 255: pixels become 0..1. */
  readonly scale?: number
  /** One number for all channels or one each, in the order of `channels`, in units of pixel * scale. Default 0. */
  readonly mean?: number | readonly number[]
  /** As `mean`. Default 1. */
  readonly std?: number | readonly number[]
}

/** A function for the loader's `transform`. */
export type PreprocessTransform = (sample: ImageSample) => readonly [x: TensorLike, y: number]
