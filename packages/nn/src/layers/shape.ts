import type { Padding } from '@snn/tensor'
import { concat } from '@snn/tensor'
import { sampleAxis } from '../axes.js'
import { defineLayer } from '../layer.js'

// Axes and shapes are those of one sample: [T, N] or [N] in front stay as they are.

/** Merges all axes of a sample: [.., C, H, W] -> [.., C H W]. */
export const flattenLayer = defineLayer<object>('flatten', ([x], _, __, { lead }) => x.flatten(lead))

/** Gives a sample another shape of the same size. */
export const reshapeLayer = defineLayer<{ readonly shape: readonly number[] }>('reshape', ([x], { shape }, _, { lead }) => x.reshape([...x.shape.slice(0, lead), ...shape]))

/** Reorders the axes of a sample. */
export const transposeLayer = defineLayer<{ readonly permutation: readonly number[] }>('transpose', ([x], { permutation }, _, context) =>
  x.transpose([...Array(context.lead).keys(), ...permutation.map((axis) => sampleAxis(axis, context))]),
)

/** Adds a constant border. */
export const padLayer = defineLayer<{ readonly padding: readonly Padding[]; readonly value: number }>('pad', ([x], { padding, value }, _, { lead }) =>
  x.pad([...Array.from({ length: lead }, (): Padding => [0, 0]), ...padding], value),
)

/** A part along one axis: [start, end) in steps. */
export const sliceLayer = defineLayer<{ readonly axis: number; readonly start: number; readonly end: number; readonly step: number }>(
  'slice',
  ([x], { axis, start, end, step }, _, context) => x.slice(sampleAxis(axis, context), start, end, step),
)

/** Joins inputs along an axis. */
export const concatLayer = defineLayer<{ readonly axis: number }>('concat', (inputs, { axis }, _, context) => concat(inputs, sampleAxis(axis, context)))
