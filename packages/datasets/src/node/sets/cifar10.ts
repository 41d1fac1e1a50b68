import { defineSet } from '../define-set.js'
import { pictures } from '../layouts/pictures.js'

/** CIFAR-10 (Krizhevsky 2009), binary version: `data_batch_1.bin` ... `test_batch.bin`, uint8 [3, 32, 32]. */
export const cifar10 = defineSet({
  info: {
    id: 'cifar10',
    kind: 'images',
    title: 'CIFAR-10',
    shape: [3, 32, 32],
    classes: 10,
    splits: { train: 50000, test: 10000 },
    licence: 'no formal licence',
    citation: 'Krizhevsky: Learning multiple layers of features from tiny images. Technical report, 2009.',
    page: 'https://www.cs.toronto.edu/~kriz/cifar.html',
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        md5: 'c32a1d4ab5d03f1284b67883e8d87530',
        url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      },
    ],
  },
  open: (options, info) =>
    pictures(info, options, 'data_batch_*.bin and test_batch.bin', (names) =>
      names.some((name) => /^(data_batch_1|test_batch)\.bin/.test(name)),
    ),
})
