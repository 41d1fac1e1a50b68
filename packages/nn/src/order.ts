import { SnnError } from '@snn/tensor'
import { isStateful } from './layer.js'
import type { NetworkNode } from './network-form.js'

/**
 * The nodes with inputs before users, else in the order given. Throws `ARGUMENT` on unknown or equal names, missing
 * inputs and cycles.
 */
export function inOrder(nodes: readonly NetworkNode[], inputs: readonly { readonly name: string }[]): NetworkNode[] {
  const names = [...inputs, ...nodes].map(({ name }) => name)
  const known = new Set(names)
  if (known.size !== names.length) {
    const twice = names.find((name, i) => names.indexOf(name) !== i)!
    throw wrong(`the name '${twice}' stands for two nodes or inputs, expected each once. Rename one.`, twice)
  }
  for (const { name, layer, inputs: from } of nodes) {
    const missing = from.find((source) => !known.has(source))
    if (missing !== undefined) throw unknownName(missing, `input of '${name}'`, names)
    if (from.length === 0 || (isStateful(layer) && from.length > 1)) {
      throw wrong(
        `'${name}' (${layer.kind}) has ${from.length} inputs, expected ${isStateful(layer) ? 'exactly one. Put an add or concat layer before it' : 'at least one'}.`,
        name,
      )
    }
  }
  const done = new Set(inputs.map(({ name }) => name))
  const order: NetworkNode[] = []
  for (let waiting = nodes; waiting.length > 0;) {
    const later: NetworkNode[] = []
    for (const node of waiting) {
      if (!node.inputs.every((name) => done.has(name))) later.push(node)
      else {
        order.push(node)
        done.add(node.name)
      }
    }
    if (later.length === waiting.length) throw cycle(later, done)
    waiting = later
  }
  return order
}

export function unknownName(name: string, what: string, known: readonly string[]): SnnError {
  return wrong(`unknown ${what} '${name}', expected one of ${known.join(', ')}. Correct the name.`, name)
}

function wrong(text: string, value: string): SnnError {
  return new SnnError('ARGUMENT', `[network] ${text}`, { name: 'nodes', value })
}

/** All of `stuck` wait for something, so following what each waits for must come around. */
function cycle(stuck: readonly NetworkNode[], done: ReadonlySet<string>): SnnError {
  const path: string[] = []
  let name = stuck[0]!.name
  while (!path.includes(name)) {
    path.push(name)
    const node = stuck.find((candidate) => candidate.name === name)!
    name = node.inputs.find((source) => !done.has(source))!
  }
  const around = [...path.slice(path.indexOf(name)), name].reverse()
  return wrong(
    `${around.join(' -> ')} is a cycle, expected a graph without one. Make one of these connections feedback, or take it out.`,
    name,
  )
}
