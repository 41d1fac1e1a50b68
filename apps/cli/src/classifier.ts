import { freeNames, onlyClassOutput, sizesFor } from '@snn/ann2snn'
import type { ImageDataset, PreprocessSpec } from '@snn/datasets'
import type { OnnxGraph, ReadOptions } from '@snn/onnx'
import { SnnError, type Shape } from '@snn/tensor'
import type { Classifier } from './input-settings.js'
import { inputShape, readModel, sampleInputs } from './model-file.js'
import { pictureShapes } from './preprocessing.js'

export interface ClassifierOptions {
  /** Which output holds the classes. Default: found, where that is clear. */
  readonly output?: string | undefined
  /** Numbers for sizes that the model leaves free. Default: those of the preprocessing, else of the data. */
  readonly sizes?: Readonly<Record<string, number>> | undefined
  /** Is told every file that the model is read from. */
  readonly onFile?: ((file: string) => void) | undefined
}

interface Source {
  readonly path: string
  readonly dataset: ImageDataset
  readonly preprocess: PreprocessSpec | 'auto' | undefined
}

/**
 * A plain ONNX classifier for a data set. Throws `ARGUMENT` where an option has to say which output, or which sizes,
 * and for an output that is no list of classes.
 */
export async function readClassifier(
  source: Source,
  { output, sizes = {}, onFile }: ClassifierOptions,
  batch: 'free' | 'keep',
): Promise<Classifier> {
  const { path } = source
  const graph = await withSizes(await readModel(path, { batch, sizes, onFile }), source, { batch, sizes })
  const found = onlyClassOutput(graph, output)
  const shape = graph.values.get(found.scores)?.shape?.slice(1) ?? []
  if (shape.filter((dim) => dim !== 1).length > 1) {
    throw new SnnError(
      'ARGUMENT',
      `[snn] the output '${found.scores}' of ${path} is [${shape.join(',')}] for a sample, expected one score for each class: boxes and maps are no classes. Choose another output with --output.`,
      { name: '--output', value: found.scores },
    )
  }
  return { path, graph, output: found, input: inputShape(sampleInputs(graph), path) }
}

/** The graph with numbers for its free sizes, where data or preprocessing tell them. */
async function withSizes(
  graph: OnnxGraph,
  { path, dataset, preprocess }: Source,
  options: Pick<Required<ReadOptions>, 'batch' | 'sizes'>,
): Promise<OnnxGraph> {
  if (freeNames(graph).length === 0) return graph
  const shapes = await pictureShapes(dataset)
  const [first = []] = shapes
  const said = typeof preprocess === 'object' ? preprocess.size : undefined
  const size = said ?? (shapes.every((shape) => shape.join() === first.join()) ? first.slice(1) : undefined)
  const samples: readonly Shape[] =
    dataset.dtype === 'float32'
      ? [first]
      : size
        ? [1, 3].flatMap((channels) => [
            [channels, ...size],
            [...size, channels],
          ])
        : []
  const found = samples.map((shape) => sizesFor(graph, shape)).find(Boolean)
  return found ? readModel(path, { ...options, sizes: { ...options.sizes, ...found } }) : graph
}
