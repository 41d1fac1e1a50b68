import { parentPort } from 'node:worker_threads'
import { serve } from './node/worker.js'

// The program of the threads that `workerDataset` starts; imported anywhere else it does nothing.
if (parentPort) void serve(parentPort)
