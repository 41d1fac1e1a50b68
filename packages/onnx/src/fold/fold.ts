import type { OnnxNode } from '../graph.js'
import { arithmetic } from './arithmetic.js'
import type { Block, Data, Folder, Target } from './block.js'
import { products } from './linear.js'
import { movements } from './movement.js'
import { quantizations } from './quantize.js'
import { reductions } from './reduce.js'

const folders: ReadonlyMap<string, Folder> = new Map(
  Object.entries({ ...movements, ...arithmetic, ...reductions, ...quantizations, ...products }),
)

/** The contents of the outputs of `node`, all of whose inputs are known and whose outputs have numeric shapes. */
export function fold(
  node: OnnxNode,
  inputs: readonly (Block | undefined)[],
  outputs: readonly Target[],
): readonly (Data | undefined)[] | undefined {
  return folders.get(node.op)?.(node, inputs, outputs)
}
