import type { OnnxGraph } from '@snn/onnx'
import type { Shape } from '@snn/tensor'
import { checkArray } from '@snn/tensor/library'
import { checkGraph } from '../check.js'

type Inputs = Pick<OnnxGraph, 'inputs'>

/** Names of the sizes that a graph leaves free beside the batch. */
export function freeNames(graph: Inputs): string[] {
  checkGraph('freeNames', graph, ['inputs'])
  return [...new Set(graph.inputs.flatMap(({ shape = [] }) => shape.slice(1).filter((dim) => typeof dim === 'string')))]
}

/** Numbers for those names by which a sample of the only input gets the shape `sample`; undefined where it cannot. */
export function sizesFor(graph: Inputs, sample: Shape): Readonly<Record<string, number>> | undefined {
  checkGraph('sizesFor', graph, ['inputs'])
  checkArray('sizesFor', sample, 'sample', 'the shape of a sample')
  const { inputs } = graph
  const [, ...dims] = inputs[0]?.shape ?? []
  if (inputs.length !== 1 || dims.length !== sample.length) return undefined
  const sizes: Record<string, number> = {}
  for (const [i, dim] of dims.entries()) if (typeof dim === 'string') sizes[dim] ??= sample[i]!
  return dims.every((dim, i) => (typeof dim === 'string' ? sizes[dim] : dim) === sample[i]) ? sizes : undefined
}
