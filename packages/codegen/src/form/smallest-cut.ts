/**
 * The fewest vertices that every path from a source to a sink passes (sources and sinks count); of such sets the one
 * nearest to the sources.
 * `next`: the edges. By the largest flow through vertices of capacity 1 (Ford and Fulkerson 1956).
 */
export function smallestCut<V>(sources: readonly V[], next: ReadonlyMap<V, readonly V[]>, sinks: ReadonlySet<V>): V[] {
  const vertices = [...new Set([...sources, ...[...next].flatMap(([vertex, others]) => [vertex, ...others]), ...sinks])]
  const [start, end] = [0, 1]
  const entrance = new Map(vertices.map((vertex, i) => [vertex, 2 * i + 2]))
  const capacity = Array.from({ length: 2 * vertices.length + 2 }, () => new Map<number, number>())
  const edge = (from: number, to: number, most: number): void => {
    capacity[from]!.set(to, most)
    capacity[to]!.set(from, capacity[to]!.get(from) ?? 0)
  }
  for (const [vertex, at] of entrance) {
    edge(at, at + 1, 1)
    for (const other of next.get(vertex) ?? []) edge(at + 1, entrance.get(other)!, Infinity)
    if (sinks.has(vertex)) edge(at + 1, end, Infinity)
  }
  for (const source of sources) edge(start, entrance.get(source)!, Infinity)

  /** From where each place that still takes flow is reached. */
  const search = (): Map<number, number> => {
    const from = new Map([[start, start]])
    for (const at of from.keys())
      for (const [to, left] of capacity[at]!) if (left > 0 && !from.has(to)) from.set(to, at)
    return from
  }
  let from = search()
  for (; from.has(end); from = search()) {
    for (let to = end; to !== start; to = from.get(to)!) {
      const at = from.get(to)!
      capacity[at]!.set(to, capacity[at]!.get(to)! - 1)
      capacity[to]!.set(at, capacity[to]!.get(at)! + 1)
    }
  }
  return vertices.filter((vertex) => from.has(entrance.get(vertex)!) && !from.has(entrance.get(vertex)! + 1))
}
