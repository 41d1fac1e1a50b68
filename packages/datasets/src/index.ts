export { type DatasetErrorDetails } from './error-codes.js'
export {
  type Dataset,
  type ImageDataset,
  type ImageSample,
  type LabelledDataset,
  concatenate,
  subset,
} from './dataset.js'
export { type TakeOptions, take } from './take.js'
export {
  type Batch,
  type Loader,
  type LoaderOptions,
  type PaddedBatch,
  type Transform,
  lengthMask,
  loader,
} from './loader.js'
export {
  type FindPreprocessOptions,
  type PreprocessTrial,
  findPreprocess,
  preprocessCandidates,
} from './find-preprocess.js'
export { type PreprocessPreset, preprocessPresets } from './preprocess-presets.js'
export { metadataPreprocess, publishedPreprocess } from './preprocess-published.js'
export { type Interpolation } from './resize.js'
export { type FitSpec, fitPicture, usualFit } from './fit-picture.js'
export { type PreprocessSpec, type PreprocessTransform, parsePreprocess, preprocess } from './preprocess.js'
export { type ArraysOptions, fromArrays } from './arrays.js'
export { type CifarOptions, parseCifar } from './cifar.js'
export { parseIdx } from './idx.js'
export { type NpyOptions, parseNpy } from './npy.js'
export { parseNpz } from './npz.js'
export { type GunzipOptions, gunzip } from './gzip.js'
export { type ImageDecoder, type ImageDecoderOptions, type Picture, imageDecoder } from './image-decoder.js'
export { type ImageLabels, parseImageLabels } from './image-labels.js'
export { imageDigest } from './digest.js'
export {
  type CreateOptions,
  type EventArrays,
  type Events,
  type Sensor,
  type TimeUnit,
  checkEvents,
  createEvents,
  sensorOf,
  toTimeUnit,
} from './events/events.js'
export { type ContinueOptions, type TimeFalls, continueTimes, timeFalls } from './events/restarts.js'
export {
  concatEvents,
  indexOfTime,
  isSorted,
  keepEvents,
  selectEvents,
  sliceEvents,
  sliceTime,
  sortEvents,
} from './events/select.js'
export { type EventFormat, type ReadOptions, type StreamFormat, type StreamOptions } from './events/format.js'
export { type ReadNote } from './events/notes.js'
export { type OutsideRule } from './events/outside.js'
export { type EventSource, type OpenEventsOptions, detectFormat, eventFormats, openEvents } from './events/open.js'
export { type AtisOptions, atis } from './events/formats/atis.js'
export {
  type Aedat2Camera,
  type Aedat2Options,
  type Aedat2WriteOptions,
  aedat2,
  aedat2Cameras,
} from './events/formats/aedat2.js'
export { type Aedat3Options, aedat3 } from './events/formats/aedat3.js'
export { type Aedat4Options, aedat4 } from './events/formats/aedat4.js'
export { type CsvWriteOptions, csv } from './events/formats/csv.js'
export type { CsvOptions } from './events/formats/csv-layout.js'
export { type DatOptions, dat } from './events/formats/dat.js'
export { type StreamMessage, eventStream, eventStreamMessages } from './events/formats/event-stream.js'
export { evt2 } from './events/formats/evt2.js'
export { evt21 } from './events/formats/evt21.js'
export { evt3 } from './events/formats/evt3.js'
export { type Hdf5Options, hdf5 } from './events/formats/hdf5.js'
export { type LoadHdf5Filter } from './events/formats/hdf5-filters.js'
export { type ByteSource, type ByteStream, blobSource, bytesSource } from './bytes.js'
export { type MatOptions, mat } from './events/formats/mat.js'
export { type NpyEventsOptions, npy, npz } from './events/formats/numpy.js'
export { type RosbagOptions, rosbag } from './events/formats/rosbag.js'
export { type Bounds, type SliceSpec, sliceBounds, splitEvents } from './events/tensors/slices.js'
export { type FloatTensor } from './events/tensors/float-tensor.js'
export { frameShape, toFrames, toImage } from './events/tensors/frames.js'
export { type VoxelGridOptions, toVoxelGrid } from './events/tensors/voxel-grid.js'
export { type TimeSurfaceOptions, toTimeSurfaces } from './events/tensors/time-surface.js'
export { type AveragedTimeSurfaceOptions, toAveragedTimeSurfaces } from './events/tensors/averaged-time-surface.js'
export { type BinaRepOptions, toBinaRep } from './events/tensors/bina-rep.js'
export { type SparseTensor, toSparseFrames } from './events/tensors/sparse.js'
export { type EventTransform, type NumberOrRange, type Seeded, compose } from './events/transforms/transform.js'
export { type CropOptions, type CropTimeOptions, centerCrop, cropTime, randomCrop } from './events/transforms/crop.js'
export {
  type DownsampleOptions,
  type EventDownsamplingOptions,
  downsample,
  eventDownsampling,
} from './events/transforms/downsample.js'
export {
  type DropEventOptions,
  type DropRatioOptions,
  dropEvent,
  dropEventByArea,
  dropEventByTime,
  eventDrop,
} from './events/transforms/drop.js'
export {
  type DecimationOptions,
  type DenoiseOptions,
  type DropPixelOptions,
  type RandomDropPixelOptions,
  type RefractoryOptions,
  decimation,
  denoise,
  dropPixel,
  randomDropPixel,
  refractoryPeriod,
} from './events/transforms/filter.js'
export {
  type ProbabilityOptions,
  type TimeReversalOptions,
  mergePolarities,
  randomFlipLR,
  randomFlipPolarity,
  randomFlipUD,
  randomTimeReversal,
} from './events/transforms/flip.js'
export {
  type SpatialJitterOptions,
  type UniformNoiseOptions,
  spatialJitter,
  uniformNoise,
} from './events/transforms/jitter.js'
export {
  type TimeJitterOptions,
  type TimeSkewOptions,
  timeAlignment,
  timeJitter,
  timeSkew,
} from './events/transforms/time.js'
export { type TemporalDeleteOptions, randomTemporalDelete } from './events/transforms/temporal-delete.js'
export { asType, repeatTarget, toOneHotEncoding } from './events/transforms/target.js'
export { type PipelineSpec, type TensorSpec, type TransformSpec, pipeline } from './events/pipeline.js'
export { type SplitOptions, splitByClass } from './split.js'
export { type Pair, type SliceDatasetOptions, mapSamples, sliceDataset } from './sample-pairs.js'
export { type StreamFramesOptions, type StreamSliceSpec, streamFrames } from './events/tensors/stream-frames.js'
export { type SequentialOptions, sequentialEvents } from './events/sequential-mnist.js'
