import { filled, type NirArray } from './array.js'
import type { NirNode, NirNodeOf, NirNodeType } from './graph.js'

/**
 * How a field of a node is stored: an array of numbers; whole numbers, of one axis or none; one whole number; names of
 * paddings besides.
 */
export type FieldForm = 'array' | 'integers' | 'integer' | 'padding' | 'shape'

export interface Field {
  readonly form: FieldForm
  /** What stands for a field that a file lacks, by those it has; without it the field must be there. */
  readonly absent?: (fields: Readonly<Record<string, unknown>>) => unknown
}

type FieldsOf<N extends NirNode> = { readonly [F in Exclude<keyof N & string, 'type' | 'metadata'>]: Field }

const array: Field = { form: 'array' }
const integers: Field = { form: 'integers' }
const shape: Field = { form: 'shape' }
/** Optional in `nir` until 1.0.7, and unknown before 1.0.6. */
const reset: Field = { form: 'array', absent: ({ v_threshold: threshold }) => like(threshold, 0) }
const inputWeight: Field = { form: 'array', absent: ({ v_leak: leak }) => like(leak, 1) }
const unknown: Field = { ...shape, absent: () => null }
const conv = {
  weight: array,
  stride: integers,
  padding: { form: 'padding' },
  dilation: integers,
  groups: { form: 'integer' },
  bias: array,
} as const
const pool = { kernel_size: integers, stride: integers, padding: integers }
const synapse = { tau_syn: array, tau_mem: array, r: array, v_leak: array }
const fire = { v_threshold: array, v_reset: reset }

/** The fields of every node type but the graph, in the order of NIR's own classes. */
export const nodeFields: { readonly [T in Exclude<NirNodeType, 'NIRGraph'>]: FieldsOf<NirNodeOf<T>> } = {
  Input: { shape },
  Output: { shape },
  Affine: { weight: array, bias: array },
  Linear: { weight: array },
  Scale: { scale: array },
  Conv1d: { input_shape: { form: 'integer', absent: () => null }, ...conv },
  Conv2d: { input_shape: unknown, ...conv },
  SumPool2d: pool,
  AvgPool2d: pool,
  Flatten: {
    input_type: unknown,
    start_dim: { form: 'integer', absent: () => 1 },
    end_dim: { form: 'integer', absent: () => -1 },
  },
  Delay: { delay: array },
  Threshold: { threshold: array },
  I: { r: array },
  IF: { r: array, ...fire },
  LI: { tau: array, r: array, v_leak: array },
  LIF: { tau: array, r: array, v_leak: array, ...fire },
  CubaLI: { ...synapse, w_in: inputWeight },
  CubaLIF: { ...synapse, ...fire, w_in: inputWeight },
}

/** All 19 types, the graph last. */
export const nodeTypes: readonly NirNodeType[] = [...(Object.keys(nodeFields) as NirNodeType[]), 'NIRGraph']

function like(other: unknown, value: number): NirArray {
  const { shape: own, dtype } = other as NirArray
  return filled(value, own, dtype === 'float32' ? 'float32' : 'float64')
}
