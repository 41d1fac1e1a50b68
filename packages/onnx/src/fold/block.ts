import type { Dim, OnnxDType, OnnxNode, OnnxTensor } from '../graph.js'

/** Contents of a tensor that are known at reading time: numbers, or sizes that may be symbolic. */
export type Block =
  | OnnxTensor
  | { readonly dtype: OnnxDType; readonly shape: readonly number[]; readonly data: readonly Dim[] }

export type Data = Block['data']

/** The known shape and type of an output. */
export interface Target {
  readonly dtype: OnnxDType
  readonly shape: readonly Dim[]
}

/** Computes the outputs of a node in normal form; undefined for one that it leaves to the run. */
export type Folder = (
  node: OnnxNode,
  inputs: readonly (Block | undefined)[],
  outputs: readonly Target[],
) => readonly (Data | undefined)[] | undefined

export function isSymbolic(block: Block): block is Extract<Block, { data: readonly Dim[] }> {
  return Array.isArray(block.data)
}

/** The contents as sizes: numbers where they are numbers. */
export function dimsOf(block: Block): readonly Dim[] {
  return isSymbolic(block) ? block.data : Array.from(block.data as ArrayLike<number | bigint>, Number)
}
