import { checkByRules } from '@snn/tensor/library'
import { checkNir } from './check.js'
import { graphFromTree } from './from-tree.js'
import type { NirGraph } from './graph.js'
import { repairNir } from './repair.js'
import { readNirTree } from './tree.js'
import { readNirRules } from './option-rules.js'

export interface ReadNirOptions {
  /** Names the file in errors. Default 'graph.nir'. */
  readonly file?: string
  /** Whether edges and shapes are checked, as `nir.read` does. Default true. */
  readonly check?: boolean
  /** Whether what tools are known to have written wrong is repaired. See `repairNir`. Default false. */
  readonly repair?: boolean
}

/**
 * Reads a `.nir` file of any version from 0.1 on. Fields that older versions do not write get their meaning: `v_reset`
 * 0, `w_in` 1.
 *
 * @throws `DATA_INVALID` for a file that is damaged or no NIR graph, `NIR_INVALID` for a graph that contradicts itself
 */
export async function readNir(bytes: Uint8Array, options: ReadNirOptions = {}): Promise<NirGraph> {
  checkByRules('readNir', options, readNirRules)
  const { file = 'graph.nir', check = true, repair = false } = options
  return accepted('readNir', graphFromTree('readNir', file, await readNirTree('readNir', bytes, file)), check, repair)
}

/** The graph as the options of a reader want it. */
export function accepted(operation: string, graph: NirGraph, check: boolean, repair: boolean): NirGraph {
  const whole = repair ? repairNir(graph).graph : graph
  if (check) checkNir(operation, whole)
  return whole
}
