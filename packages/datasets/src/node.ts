export { openDataset, dataForms, type OpenOptions } from './node/open-dataset.js'
export { mnist, type MnistOptions } from './node/mnist.js'
export { imageFolder } from './node/image-folder.js'
export { nodeImageDecoder } from './node/image-decoder.js'
