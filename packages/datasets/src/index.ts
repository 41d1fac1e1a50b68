export type { Dataset, ImageDataset, ImageSample } from './dataset.js'
export type { PreprocessSpec, PreprocessTransform } from './preprocess.js'
export type { Batch, Loader, LoaderOptions, Transform } from './loader.js'
