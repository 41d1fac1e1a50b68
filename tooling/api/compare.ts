import type ts from 'typescript'
import { compatible, type Fit } from './fit.ts'
import { readDeclared, textOf, type Declared } from './declared.ts'

/**
 * What a change means for code that uses the name: `added` is new, `compatible` leaves that code as it is,
 * `incompatible` may stop it from compiling or running.
 */
export interface Change {
  readonly name: string
  readonly kind: 'added' | 'compatible' | 'incompatible'
  readonly what: string
}

/** How two reports of one entry differ, name by name. */
export function compareReports(before: string, after: string): Change[] {
  const [old, now] = [readDeclared(before), readDeclared(after)]
  const changes: Change[] = []
  for (const [name, declared] of old) {
    const next = now.get(name)
    if (!next) {
      if (declared.isExported) changes.push({ name, kind: 'incompatible', what: 'is gone' })
    } else changes.push(...compareDeclared(name, declared, next))
  }
  for (const [name, { isExported }] of now)
    if (isExported && !old.has(name)) changes.push({ name, kind: 'added', what: 'is new' })
  return changes
}

function compareDeclared(name: string, old: Declared, now: Declared): Change[] {
  if (old.isExported && !now.isExported) return [{ name, kind: 'incompatible', what: 'is no longer exported' }]
  const exported: Change[] = old.isExported === now.isExported ? [] : [{ name, kind: 'added', what: 'is exported now' }]
  const [before, after] = [old.nodes.map(textOf), now.nodes.map(textOf)]
  if (before.join() === after.join() && old.isDeprecated === now.isDeprecated) return exported
  if (old.isDeprecated !== now.isDeprecated && before.join() === after.join())
    return [
      ...exported,
      { name, kind: 'compatible', what: now.isDeprecated ? 'is deprecated' : 'is no longer deprecated' },
    ]
  const fit = compareNodes(old.nodes, now.nodes)
  return [...exported, { name, kind: fit.fits ? 'compatible' : 'incompatible', what: fit.what }]
}

/** Overloads may be added behind those that are there; a single declaration is looked into. */
function compareNodes(old: readonly ts.Node[], now: readonly ts.Node[]): Fit {
  if (old.length === 1 && now.length === 1) return compatible(old[0]!, now[0]!)
  const kept = old.every((node, index) => now[index] !== undefined && compatible(node, now[index]).fits)
  return kept ? { fits: true, what: 'has more overloads' } : { fits: false, what: 'has other overloads' }
}
