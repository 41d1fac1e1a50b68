import type { Dataset } from '../dataset.js'
import { pipeline, type PipelineSpec } from '../events/pipeline.js'
import { mapSamples, type Pair } from '../sample-pairs.js'
import { convertedEvents } from './convert.js'
import { openEventSet } from './catalogue.js'

/** What workers read, as plain data: they make the data set themselves, since functions cannot be sent to them. */
export type WorkerSource =
  /** A set of the catalogue. */
  | { readonly set: string; readonly root: string; readonly split: string; readonly pipeline: PipelineSpec }
  /** What `convertEvents` wrote. */
  | { readonly converted: string; readonly pipeline: PipelineSpec }
  /** The file URL of a module that calls `serveWorkerDataset(create)`, which gets `options`. */
  | { readonly module: string; readonly options?: unknown }

/** The data set that a source describes. */
export async function openWorkerSource(
  source: Exclude<WorkerSource, { readonly module: string }>,
): Promise<Dataset<Pair>> {
  const convert = pipeline(source.pipeline)
  const recordings = 'set' in source ? await openEventSet(source.set, source) : await convertedEvents(source.converted)
  return mapSamples(recordings, ({ events, label }, draw) => [convert(events, draw), label])
}
