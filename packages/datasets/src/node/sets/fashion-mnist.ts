import type { ImageDataset } from '../../dataset.js'
import { defineSet } from '../define-set.js'
import { hasIdxImages, idxFiles } from '../layouts/idx-files.js'
import { pictures } from '../layouts/pictures.js'

const classes = [
  'T-shirt/top',
  'trouser',
  'pullover',
  'dress',
  'coat',
  'sandal',
  'shirt',
  'sneaker',
  'bag',
  'ankle boot',
]

/** Fashion-MNIST (Xiao et al. 2017): the four IDX files, uint8 [1, 28, 28]. */
export const fashionMnist = defineSet({
  info: {
    id: 'fashionMnist',
    kind: 'images',
    title: 'Fashion-MNIST',
    shape: [1, 28, 28],
    classes: 10,
    splits: { train: 60000, test: 10000 },
    licence: 'MIT',
    citation:
      'Xiao, Rasul, Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms. arXiv 1708.07747, 2017.',
    page: 'https://github.com/zalandoresearch/fashion-mnist',
    files: idxFiles('http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/', [
      '8d4fb7e6c68d591d4c3dfef9ec88bf0d',
      '25c81989df183df01b3e8a0aad5dffbe',
      'bef4ecab320f06d8554ea6380940ec79',
      'bb300cfdad3c16e7a12a480ee83cd310',
    ]),
  },
  async open(options, info): Promise<ImageDataset> {
    const found = await pictures(info, options, 'train-images-idx3-ubyte[.gz], ...', hasIdxImages(options.split))
    return { ...found, classes }
  },
})
