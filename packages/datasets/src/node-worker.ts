import { openWorkerSource } from './node/worker-source.js'
import { serveWorkerDataset } from './node/worker.js'

// The program of the threads that `workerDataset` starts for sets and conversions; anywhere else it does nothing.
void serveWorkerDataset((source) => openWorkerSource(source as Parameters<typeof openWorkerSource>[0]))
