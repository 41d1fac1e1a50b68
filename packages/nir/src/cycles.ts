type Edge = readonly [from: string, to: string]

/**
 * The edges of a directed graph that are to be one step late, so that no circle is left: those that lead back to where
 * a walk from the inputs came from. Where such an edge comes from a node without memory that does nothing else than to
 * lead back, the edges into that node are late instead, so that what is late is a spike: a recurrent weight then works
 * on the spikes of the step before, and its bias from the first step on.
 */
export function lateEdges(
  names: readonly string[],
  edges: readonly Edge[],
  starts: readonly string[],
  hasMemory: (name: string) => boolean,
): Set<Edge> {
  const after = grouped(edges, ([from]) => from)
  const before = grouped(edges, ([, to]) => to)
  const late = backEdges([...starts, ...names], after)
  const circles = components(names, after, before)
  for (let moved = true; moved;) {
    moved = false
    for (const name of names) {
      const [out, into] = [after.get(name) ?? [], before.get(name) ?? []]
      const inside = into.every(([from]) => circles.get(from) === circles.get(name) && from !== name)
      if (
        hasMemory(name) ||
        out.length === 0 ||
        into.length === 0 ||
        !inside ||
        !out.every((edge) => late.has(edge)) ||
        into.some((edge) => late.has(edge))
      )
        continue
      for (const edge of out) late.delete(edge)
      for (const edge of into) late.add(edge)
      moved = true
    }
  }
  return late
}

function grouped(edges: readonly Edge[], key: (edge: Edge) => string): Map<string, Edge[]> {
  const groups = new Map<string, Edge[]>()
  for (const edge of edges) groups.set(key(edge), [...(groups.get(key(edge)) ?? []), edge])
  return groups
}

/** Edges to a node that the walk has come through and not yet left. */
function backEdges(order: readonly string[], after: ReadonlyMap<string, readonly Edge[]>): Set<Edge> {
  const back = new Set<Edge>()
  const state = new Map<string, 'open' | 'done'>()
  for (const root of order) {
    if (state.has(root)) continue
    const path: { name: string; next: number }[] = [{ name: root, next: 0 }]
    state.set(root, 'open')
    while (path.length > 0) {
      const top = path.at(-1)!
      const edge = after.get(top.name)?.[top.next++]
      if (!edge) {
        state.set(top.name, 'done')
        path.pop()
      } else if (state.get(edge[1]) === 'open') back.add(edge)
      else if (!state.has(edge[1])) {
        state.set(edge[1], 'open')
        path.push({ name: edge[1], next: 0 })
      }
    }
  }
  return back
}

/** A number for each node; those on a common circle have one number (Kosaraju). */
function components(
  names: readonly string[],
  after: ReadonlyMap<string, readonly Edge[]>,
  before: ReadonlyMap<string, readonly Edge[]>,
): Map<string, number> {
  const finished: string[] = []
  visit(names, after, 1, (name) => finished.push(name))
  const number = new Map<string, number>()
  finished.reverse().forEach((root, i) => {
    if (number.has(root)) return
    const open = [root]
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (number.has(name)) continue
      number.set(name, i)
      for (const [from] of before.get(name) ?? []) if (!number.has(from)) open.push(from)
    }
  })
  return number
}

/** Calls `left` for each node when all behind it have been seen. */
function visit(
  names: readonly string[],
  after: ReadonlyMap<string, readonly Edge[]>,
  end: 0 | 1,
  left: (name: string) => void,
): void {
  const seen = new Set<string>()
  for (const root of names) {
    if (seen.has(root)) continue
    const path = [{ name: root, next: 0 }]
    seen.add(root)
    while (path.length > 0) {
      const top = path.at(-1)!
      const name = after.get(top.name)?.[top.next++]?.[end]
      if (name === undefined) left(path.pop()!.name)
      else if (!seen.has(name)) {
        seen.add(name)
        path.push({ name, next: 0 })
      }
    }
  }
}
