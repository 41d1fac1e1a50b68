import type { PreprocessSpec } from './preprocess.js'

const normalized = (mean: readonly number[], std: readonly number[]): PreprocessSpec => ({
  channels: 'rgb',
  scale: 1 / 255,
  mean,
  std,
})

/**
 * Preprocessings that published networks were trained with, by name. Colours are in the order that is said; means and
 * deviations are those of the training sets.
 */
export const preprocessPresets = {
  /** Pixels 0..1: ToTensor() alone. */
  '0-1': { scale: 1 / 255 },
  /** Pixels as they are, as a network wants them that scales them itself. */
  '0-255': { scale: 1 },
  /** Pixels -1..1: TensorFlow's Inception and MobileNet, and Normalize(0.5, 0.5). */
  tf: { scale: 1 / 127.5, mean: 1 },
  /** torchvision, timm. */
  imagenet: normalized([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
  /** Caffe: pixels 0..255 in the order blue, green, red, less the mean of ImageNet. */
  'caffe-bgr': { channels: 'bgr', scale: 1, mean: [104, 117, 123] },
  cifar10: normalized([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]),
  cifar100: normalized([0.5071, 0.4865, 0.4409], [0.2673, 0.2564, 0.2762]),
  /** OpenAI's CLIP. */
  clip: normalized([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]),
  mnist: { scale: 1 / 255, mean: 0.1307, std: 0.3081 },
  'fashion-mnist': { scale: 1 / 255, mean: 0.286, std: 0.353 },
  /** Black and white exchanged: 1 - pixel / 255. */
  inverted: { scale: -1 / 255, mean: -1 },
} as const satisfies Readonly<Record<string, PreprocessSpec>>

/** A name of `preprocessPresets`. */
export type PreprocessPreset = keyof typeof preprocessPresets
