import { sumMapping, type Space } from '@snn/codegen'
import type { Node } from '@snn/tensor/backend'
import type { Views } from './views.js'

/** The different spaces in which a node's operands vary along one place only; of a sum, its result too. */
export function spacesOf(node: Node, isSum: boolean, mapped: Views['mapped']): Space[] {
  const spaces: Space[] = []
  const add = (mapping: ReturnType<typeof sumMapping>): void => {
    if (typeof mapping === 'object' && !spaces.some((other) => fits(other, mapping))) spaces.push(mapping)
  }
  for (const input of node.inputs) add(mapped(input).mapping)
  if (isSum) add(sumMapping(node as Node<'reduceSum'>))
  return spaces
}

export function fits(a: Space | undefined, b: Space): boolean {
  return a === undefined || (a.outer === b.outer && a.count === b.count && a.inner === b.inner)
}
