export { openDataset, dataForms, type OpenOptions } from './node/open-dataset.js'
export { mnist, type MnistOptions } from './node/mnist.js'
export { imageFolder } from './node/image-folder.js'
export { nodeImageDecoder } from './node/image-decoder.js'
export { openEvents } from './node/open-events.js'
export { fileSource } from './node/files.js'
export { readHdf5Filter } from './node/hdf5-filter.js'
export { type EventDataset, type EventSample, type RemoteFile, type SetInfo, type SetOptions } from './node/event-sets/set.js'
export { type SetName, setCatalogue } from './node/event-sets/catalogue.js'
export { openEventSet } from './node/event-sets/open-set.js'
export { type AslDvsOptions, aslDvs, bullying10k, cifar10Dvs, dvsLip, navGesture, ncaltech101, ncars, nmnist, pokerDvs, stMnist } from './node/event-sets/folder-sets.js'
export { dvsGesture } from './node/event-sets/dvs-gesture.js'
export { esImagenet, hardvs } from './node/event-sets/label-file-sets.js'
export { type RecordingDataset, type TumVieOptions, davisZurich, ebssa, nerdd, threeEt, tumVie, vpr } from './node/event-sets/recording-sets.js'
export { nTidigits, shd, ssc } from './node/event-sets/spike-trains.js'
export { type DownloadOptions, downloadSet } from './node/download/download-set.js'
export { type DownloadFileOptions, type DownloadProgress, downloadFile } from './node/download/download-file.js'
export { type ExtractOptions, extractArchive } from './node/download/extract.js'
export { type ConvertOptions, type ConvertReport, convertEvents, convertedEvents } from './node/convert.js'
export { type DiskCacheOptions, diskCache } from './node/disk-cache.js'
export { type WorkerDataset, type WorkerDatasetOptions, workerDataset } from './node/worker-dataset.js'
export { type WorkerSource } from './node/worker-source.js'
export {
  type AudioDataset,
  type AudioSample,
  type SpeechCommandsOptions,
  cifar10,
  downloadMnist,
  fashionMnist,
  speechCommands,
  staticCatalogue,
} from './node/static-sets.js'
export { serveWorkerDataset } from './node/worker.js'
