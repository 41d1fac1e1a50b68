import { describe, expect, it } from 'vitest'
import { parsePreprocess } from './preprocess.js'
import { metadataPreprocess, publishedPreprocess } from './preprocess-published.js'

const half = [0.5, 0.5, 0.5]
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] }

describe('publishedPreprocess', () => {
  it.each<[string, object, object | undefined]>([
    // fields as transformers writes them for networks of these families
    [
      'ViT',
      { do_normalize: true, do_resize: true, image_mean: half, image_std: half, size: 224 },
      { channels: 'rgb', scale: 1 / 255, mean: half, std: half, resize: [224, 224] },
    ],
    [
      'ResNet',
      {
        crop_pct: 0.875,
        do_normalize: true,
        do_resize: true,
        image_mean: imagenet.mean,
        image_std: imagenet.std,
        resample: 3,
        size: { shortest_edge: 224 },
      },
      { channels: 'rgb', scale: 1 / 255, ...imagenet, resize: 256, interpolation: 'bicubic', size: [224, 224] },
    ],
    [
      'MobileViT',
      {
        do_center_crop: true,
        crop_size: { height: 256, width: 256 },
        do_flip_channel_order: true,
        do_normalize: false,
        do_resize: true,
        resample: 2,
        size: { shortest_edge: 288 },
      },
      { channels: 'bgr', scale: 1 / 255, mean: 0, resize: 288, interpolation: 'bilinear', size: [256, 256] },
    ],
    [
      'squashed from 384 on',
      { crop_pct: 1, image_mean: half, image_std: half, size: { shortest_edge: 384 } },
      { channels: 'rgb', scale: 1 / 255, mean: half, std: half, resize: [384, 384] },
    ],
    [
      'pixels as they are',
      { do_rescale: false, do_normalize: false, do_resize: false, image_processor_type: 'X' },
      { channels: 'rgb', scale: 1, mean: 0 },
    ],
    [
      'an offset',
      { do_normalize: false, rescale_factor: 1 / 127.5, rescale_offset: true, do_resize: false },
      { channels: 'rgb', scale: 1 / 127.5, mean: 1 },
    ],
    [
      'timm',
      {
        architecture: 'x',
        pretrained_cfg: {
          input_size: [3, 224, 224],
          crop_pct: 0.95,
          crop_mode: 'center',
          interpolation: 'bicubic',
          ...imagenet,
        },
      },
      { channels: 'rgb', scale: 1 / 255, ...imagenet, resize: 235, interpolation: 'bicubic', size: [224, 224] },
    ],
    ['a language model', { architectures: ['BertModel'], hidden_size: 768 }, undefined],
  ])('%s', (_, json, expected) => {
    expect(publishedPreprocess(json)).toEqual(expected)
  })
})

describe('metadataPreprocess', () => {
  it.each<[Readonly<Record<string, string>>, object | undefined]>([
    [
      { 'Image.BitmapPixelFormat': 'Bgr8', 'Image.NominalPixelRange': 'NominalRange_0_255' },
      { channels: 'bgr', scale: 1 },
    ],
    [
      { 'Image.BitmapPixelFormat': 'Gray8', 'Image.NominalPixelRange': 'Normalized_1_1' },
      { channels: 'gray', scale: 1 / 127.5, mean: 1 },
    ],
    [
      { task: 'classify', stride: '1', names: "{0: 'cat'}" },
      { channels: 'rgb', scale: 1 / 255 },
    ],
    [
      { mean: '[0.485, 0.456, 0.406]', std: '(0.229, 0.224, 0.225)' },
      { channels: 'rgb', scale: 1 / 255, ...imagenet },
    ],
    [{ mean: '123.7', std: '58' }, undefined],
    [{ author: 'x' }, undefined],
  ])('%j', (metadata, expected) => {
    expect(metadataPreprocess(metadata)).toEqual(expected)
  })
})

describe('presets', () => {
  it('are names, or where an object begins; other channels turn their numbers', () => {
    expect(parsePreprocess('imagenet')).toEqual({ channels: 'rgb', scale: 1 / 255, ...imagenet })
    expect(parsePreprocess({ preset: 'imagenet', channels: 'bgr', resize: 256, size: [224, 224] })).toEqual({
      channels: 'bgr',
      scale: 1 / 255,
      mean: [0.406, 0.456, 0.485],
      std: [0.225, 0.224, 0.229],
      resize: 256,
      size: [224, 224],
    })
    expect(parsePreprocess({ preset: 'tf', size: [2, 2] })).toEqual({ scale: 1 / 127.5, mean: 1, size: [2, 2] })
    expect(() => parsePreprocess({ preset: 'torch' })).toThrow(
      /preprocess.preset is "torch", expected one of 0-1, 0-255, tf, imagenet, caffe-bgr, cifar10/,
    )
  })
})
