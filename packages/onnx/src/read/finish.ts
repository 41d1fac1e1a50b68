import type { OnnxGraph, OnnxNode, OnnxValue, UnsupportedNode } from '../graph.js'
import type { Builder } from './builder.js'
import type { Names } from './names.js'
import type { Declared, Parsed } from './parse.js'

/** Operations of which some outputs may be left out. */
const optionalOutputs = new Set(['MaxPool', 'LayerNormalization', 'LSTM', 'GRU', 'RNN'])

type Finished = Pick<OnnxGraph, 'inputs' | 'outputs' | 'nodes' | 'constants' | 'values' | 'unsupported'>

/** The graph that a builder has made: outputs under their own names, dead nodes and constants left out. */
export function finish(builder: Builder, parsed: Parsed, inputs: readonly OnnxValue[], names: Names): Finished {
  const { nodes, rename } = nameOutputs(builder, parsed.outputs, names)
  const alive = liveNodes(nodes, parsed.outputs)
  const live = nodes.filter((node) => alive.has(node))
  const read = new Set(live.flatMap((node) => node.inputs))
  const outputNames = new Set(parsed.outputs.map((o) => o.name))
  const constants = new Map([...builder.constants].filter(([name]) => read.has(name)))
  const values = new Map<string, OnnxValue>()
  const known = (name: string): OnnxValue | undefined => {
    const value = builder.known.get(rename.get(name) ?? name)
    return value && { name, dtype: value.dtype, shape: value.shape }
  }
  for (const name of [...inputs.map((i) => i.name), ...constants.keys(), ...live.flatMap((n) => n.outputs)]) {
    const value = name === '' ? undefined : known(name)
    if (value) values.set(name, value)
  }
  const trimmed = live.map((node) =>
    !optionalOutputs.has(node.op)
      ? node
      : { ...node, outputs: withoutUnused(node.outputs, (name) => read.has(name) || outputNames.has(name)) },
  )
  const missing = (name: string): UnsupportedNode | undefined =>
    read.has(name) || outputNames.has(name) ? builder.unsupported.get(name) : undefined
  const notUnderstood = [
    ...[...builder.unsupported.keys()].flatMap((key) => (typeof key === 'string' ? (missing(key) ?? []) : [])),
    ...nodes.flatMap((node, i) => (alive.has(node) ? (builder.unsupported.get(builder.nodes[i]!) ?? []) : [])),
  ]
  return {
    inputs,
    outputs: parsed.outputs.map((o) => known(o.name) ?? { name: o.name, dtype: o.dtype ?? 'float32', shape: o.shape }),
    nodes: trimmed,
    constants,
    values,
    unsupported: notUnderstood,
  }
}

/** Gives each graph output its own name: its maker is renamed, or where that cannot be, an Identity is added. */
function nameOutputs(
  builder: Builder,
  outputs: readonly Declared[],
  names: Names,
): { nodes: OnnxNode[]; rename: Map<string, string> } {
  const made = new Set(builder.nodes.flatMap((node) => node.outputs))
  const taken = new Set(outputs.map((o) => o.name))
  const renamed = new Map<string, string>()
  /** From a new name to the one the builder knows. */
  const rename = new Map<string, string>()
  const added: OnnxNode[] = []
  for (const { name } of outputs) {
    let source = builder.resolve(name)
    if (builder.constants.has(source)) {
      const constant = builder.constants.get(source)!
      if (source === name) builder.addConstant((source = names.fresh(`${name}.value`)), constant)
    } else if (source === name) continue
    else if (made.has(source) && !taken.has(source) && !renamed.has(source)) {
      renamed.set(source, name)
      rename.set(name, source)
      continue
    }
    added.push({
      op: 'Identity',
      name: names.fresh(`${name}.Identity`),
      domain: '',
      inputs: [renamed.get(source) ?? source],
      outputs: [name],
      attributes: {},
    })
    rename.set(name, source)
  }
  const to = (name: string): string => renamed.get(name) ?? name
  return {
    nodes: [
      ...builder.nodes.map((node) => ({ ...node, inputs: node.inputs.map(to), outputs: node.outputs.map(to) })),
      ...added,
    ],
    rename,
  }
}

function liveNodes(nodes: readonly OnnxNode[], outputs: readonly Declared[]): Set<OnnxNode> {
  const wanted = new Set(outputs.map((o) => o.name))
  const live = new Set<OnnxNode>()
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue
    live.add(node)
    for (const name of node.inputs) wanted.add(name)
  }
  return live
}

/** Output names with those that nothing reads left out: `''`, and none at the end. */
function withoutUnused(outputs: readonly string[], isRead: (name: string) => boolean): string[] {
  const kept = outputs.map((name, i) => (i === 0 || isRead(name) ? name : ''))
  while (kept.length > 1 && kept.at(-1) === '') kept.pop()
  return kept
}
