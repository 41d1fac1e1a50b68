import { serveWorkerDataset } from '../src/node/worker.js'

/** Numbers, of which the eighth cannot be read. */
void serveWorkerDataset((options) => ({
  length: (options as { length: number }).length,
  description: 'numbers',
  async get(i, draw = 0) {
    if (i === 7) throw new RangeError('seven')
    return [{ data: Float32Array.of(i, draw), shape: [2] }, i]
  },
}))
