import type { Network } from '@snn/nn'
import { checkByRules } from '@snn/tensor/library'
import { build, prepareAnn } from './build/build.js'
import { checkSource } from './check.js'
import { checkReiterable, firstSamples, type Batches } from './data.js'
import { keptBatches } from './kept-batches.js'
import { measure } from './report/measure.js'
import { convertRules, type ConvertOptions } from './plan/convert-options.js'
import { reportOf, type ConversionReport } from './report/report.js'
import { settle } from './plan/settle.js'

/** What `convert` gives. */
export interface Conversion {
  /** The spiking network: run it with `simulate`, `steps` or `evaluate`. */
  readonly snn: Network
  /** The network it came from, prepared: batch normalisation folded, no final softmax. */
  readonly ann: Network
  readonly report: ConversionReport
}

/**
 * Converts a trained ANN with ReLU activations into a spiking network of integrate-and-fire neurons with soft reset, by
 * weight normalisation (Diehl et al., IJCNN 2015; Rueckauer et al., Frontiers in Neuroscience 2017) or local threshold
 * balancing (Bu et al., CVPR 2025). Nothing is trained and no labels are needed.
 *
 * @param source an ONNX file's bytes, or a Network
 * @param batches x [N, ..] or [x, y] of typical inputs, preprocessed as for the ANN, that can be gone through more than
 *   once: an array or a loader. With labels the report gives accuracies.
 * @throws `ONNX_INVALID`, `ONNX_UNSUPPORTED`, `CONVERT_UNSUPPORTED`, `CALIBRATION`, `ARGUMENT`, `SHAPE`, `NO_BACKEND`
 */
export async function convert(
  source: Network | Uint8Array,
  batches: Batches,
  options: ConvertOptions = {},
): Promise<Conversion> {
  const given = checkSource('convert', source)
  checkByRules('convert', options, convertRules)
  settle(options)
  checkReiterable(batches, 'convert')
  const data = keptBatches(options.samples === undefined ? batches : firstSamples(batches, options.samples))
  options.signal?.throwIfAborted()
  const ann = await prepareAnn(given, data, options)
  const built = await build(ann, data, options)
  const report = reportOf(ann, built, await measure(built, data, options), await data.count())
  built.snn.metadata = { ...built.snn.metadata, T: report.recommendedT }
  return { snn: built.snn, ann: ann.network, report }
}
