import { tensorOf } from '../src/dtype.js'
import type { Dim, OnnxAttribute, OnnxDType, OnnxModelSpec, OnnxTensor } from '../src/graph.js'

type NodeLine = readonly [op: string, inputs: string, outputs: string, attributes?: Record<string, OnnxAttribute>]

export const f32 = (shape: readonly number[], ...values: number[]): OnnxTensor => tensorOf('float32', shape, values)
export const i64 = (...values: number[]): OnnxTensor => tensorOf('int64', [values.length], values)
export const int = (value: number): OnnxTensor => tensorOf('int64', [], [value])

/** A tensor of whole numbers 0, 1, 2, ... scaled. */
export function ramp(shape: readonly number[], scale = 0.1, dtype: OnnxDType = 'float32'): OnnxTensor {
  const length = shape.reduce((a, b) => a * b, 1)
  return tensorOf(
    dtype,
    shape,
    Array.from({ length }, (_, i) => (i - length / 3) * scale),
  )
}

/**
 * A small model: `x` in, `y` out, nodes as `[op, 'inputs', 'outputs', attributes]` with names split at spaces (`_` is
 * left out).
 */
export function model(
  opset: number,
  shape: readonly Dim[],
  nodes: readonly NodeLine[],
  constants: Record<string, OnnxTensor> = {},
  more: Partial<OnnxModelSpec> = {},
): OnnxModelSpec {
  const names = (text: string): string[] =>
    text === '' ? [] : text.split(' ').map((name) => (name === '_' ? '' : name))
  return {
    opset,
    inputs: [{ name: 'x', dtype: 'float32', shape }],
    outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
    nodes: nodes.map(([op, inputs, outputs, attributes = {}], i) => ({
      op,
      name: `${op}${i}`,
      inputs: names(inputs),
      outputs: names(outputs),
      attributes,
    })),
    constants,
    ...more,
  }
}
