import { broadcastTo, concat, take, tensor, type Padding } from '@snn/tensor'
import { sampleAxis } from '../axes.js'
import { defineLayer } from '../layer.js'

// Axes and shapes are those of one sample: [T, N] or [N] in front stay as they are.

/** Merges all axes of a sample: [.., C, H, W] -> [.., C H W]. */
export const flattenLayer = defineLayer<object, 'flatten'>('flatten', ([x], _, __, { lead }) => x.flatten(lead))

/** Gives a sample another shape of the same size. */
export const reshapeLayer = defineLayer<{ readonly shape: readonly number[] }, 'reshape'>(
  'reshape',
  ([x], { shape }, _, { lead }) => x.reshape([...x.shape.slice(0, lead), ...shape]),
)

/** Reorders the axes of a sample. */
export const transposeLayer = defineLayer<{ readonly permutation: readonly number[] }, 'transpose'>(
  'transpose',
  ([x], { permutation }, _, context) =>
    x.transpose([...Array(context.lead).keys(), ...permutation.map((axis) => sampleAxis(axis, context))]),
)

/** Adds a constant border. */
export const padLayer = defineLayer<{ readonly padding: readonly Padding[]; readonly value: number }, 'pad'>(
  'pad',
  ([x], { padding, value }, _, { lead }) =>
    x.pad([...Array.from({ length: lead }, (): Padding => [0, 0]), ...padding], value),
)

/** A part along one axis: [start, end) in steps. */
export const sliceLayer = defineLayer<
  { readonly axis: number; readonly start: number; readonly end: number; readonly step: number },
  'slice'
>('slice', ([x], { axis, start, end, step }, _, context) => x.slice(sampleAxis(axis, context), start, end, step))

/** Joins inputs along an axis. */
export const concatLayer = defineLayer<{ readonly axis: number }, 'concat'>('concat', (inputs, { axis }, _, context) =>
  concat(inputs, sampleAxis(axis, context)),
)

/**
 * The entries `indices[axis]` along each axis of a sample, in that order; null: the whole axis. Nearest-neighbour
 * resizing too.
 */
export const gatherLayer = defineLayer<{ readonly indices: readonly (readonly number[] | null)[] }, 'gather'>(
  'gather',
  ([x], { indices }, _, { lead }) =>
    indices.reduce((y, list, axis) => (list ? take(y, tensor(list, { dtype: 'int32' }), axis + lead) : y), x),
)

/** Repeats axes of size 1, and adds axes in front, until a sample has `shape`. */
export const broadcastLayer = defineLayer<{ readonly shape: readonly number[] }, 'broadcast'>(
  'broadcast',
  ([x], { shape }, _, { lead }) => {
    const front = x.shape.slice(0, lead)
    const features = x.shape.slice(lead)
    const filled = Array.from({ length: shape.length - features.length }, () => 1)
    return broadcastTo(x.reshape([...front, ...filled, ...features]), [...front, ...shape])
  },
)

/**
 * The array `value`, the same for every sample; of the input only the leading axes matter. A class token, for instance.
 */
export const parameterLayer = defineLayer<object, 'parameter'>('parameter', ([x], _, { value }, { lead }) => {
  const all = value!.read()
  return broadcastTo(all, [...x.shape.slice(0, lead), ...all.shape])
})
