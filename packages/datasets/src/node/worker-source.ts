import { SnnError } from '@snn/tensor'
import type { Dataset } from '../dataset.js'
import { pipeline, type PipelineSpec } from '../events/pipeline.js'
import { mapSamples, type Pair } from '../sample-pairs.js'
import { convertedEvents } from './convert.js'
import { openEventSet } from './event-sets/open-set.js'

/** What workers read, as plain data: they make the data set themselves, since functions cannot be sent to them. */
export type WorkerSource =
  /** A set of the catalogue. */
  | { readonly set: string; readonly root: string; readonly split: string; readonly pipeline: PipelineSpec }
  /** What `convertEvents` wrote. */
  | { readonly converted: string; readonly pipeline: PipelineSpec }
  /** The file URL of a module that exports `createDataset(options): Dataset<Pair> | Promise<Dataset<Pair>>`. */
  | { readonly module: string; readonly options?: unknown }

/** The data set that a source describes. Throws `ARGUMENT`. */
export async function openWorkerSource(source: WorkerSource): Promise<Dataset<Pair>> {
  if ('module' in source) {
    const loaded = (await import(source.module)) as { readonly createDataset?: (options: unknown) => Dataset<Pair> | Promise<Dataset<Pair>> }
    if (typeof loaded.createDataset === 'function') return loaded.createDataset(source.options)
    throw new SnnError('ARGUMENT', `[workerDataset] ${source.module} exports ${Object.keys(loaded).join(', ') || 'nothing'}, expected createDataset.`, { name: 'module', value: source.module })
  }
  const convert = pipeline(source.pipeline)
  const recordings = 'set' in source ? await openEventSet(source.set, source) : await convertedEvents(source.converted)
  return mapSamples(recordings, ({ events, label }, draw) => [convert(events, draw), label])
}
