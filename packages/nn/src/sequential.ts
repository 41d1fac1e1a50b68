import { SnnError, type Shape } from '@snn/tensor'
import { checkArray } from '@snn/tensor/library'
import { checkPart } from './check.js'
import type { Layer } from './layer.js'
import { Network } from './network.js'
import type { NetworkFeedback, NetworkNode } from './network-form.js'

/** Says what one sample looks like, as the first part of `sequential`. */
export interface Input {
  readonly contract: 1
  readonly kind: 'input'
  readonly shape: Shape
}

/** The shape of one sample, without [T, N]: `sequential(input([1, 28, 28]), conv2d(1, 8, 3), ..)`. */
export function input(shape: Shape): Input {
  checkArray('input', shape, 'shape')
  return { contract: 1, kind: 'input', shape }
}

/** What `sequential` puts in a row. */
export type Part = Layer | Network

/**
 * Layers one after the other. Each is called after its kind and its number among its kind: `conv1`,
 * `integrateAndFire1`,
 * `conv2`, .. A network among them (one input, one output) is taken in whole, its nodes under `network1.`, ..
 *
 * Weights are drawn from seed 0 and these names; `initialize({ seed })` of the result draws others.
 *
 * @throws `ARGUMENT` when there is no layer, or for a network with several inputs or outputs
 */
export function sequential(...parts: readonly [Input | Part, ...Part[]]): Network {
  if (parts.length === 0)
    throw new SnnError('ARGUMENT', '[sequential] no layers, expected at least one. Give layers such as linear(2, 1).', {
      name: 'parts',
      value: 0,
    })
  for (const [i, part] of parts.entries()) if (!isInput(part)) checkPart('sequential', part, `part ${i + 1}`)
  const [first] = parts
  const shape = isInput(first) ? first.shape : isNetwork(first) ? first.inputs[0]?.shape : undefined
  const layers = parts.filter((part): part is Part => !isInput(part))
  if (layers.length === 0)
    throw new SnnError('ARGUMENT', '[sequential] no layers, expected at least one. Give layers such as linear(2, 1).', {
      name: 'parts',
      value: parts.length,
    })
  const counts = new Map<string, number>()
  const nodes: NetworkNode[] = []
  const feedback: NetworkFeedback[] = []
  let source = 'input'
  for (const part of layers) {
    const kind = isNetwork(part) ? 'network' : part.kind
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    const added = isNetwork(part)
      ? inlined(part, `${kind}${count}`, source)
      : { nodes: [{ name: `${kind}${count}`, layer: part, inputs: [source] }], feedback: [] }
    nodes.push(...added.nodes)
    feedback.push(...added.feedback)
    source = isNetwork(part) ? `${kind}${count}.${part.outputs[0]}` : `${kind}${count}`
  }
  return new Network({ inputs: [{ name: 'input', shape }], nodes, outputs: [source], feedback }).initialize()
}

/** The nodes of `net`, and its feedback, with `prefix` before their names, reading from `source`. */
function inlined(net: Network, prefix: string, source: string): Pick<Network, 'nodes' | 'feedback'> {
  const [input] = net.inputs
  if (net.inputs.length !== 1 || net.outputs.length !== 1 || net.outputs[0] === input!.name) {
    throw new SnnError(
      'ARGUMENT',
      `[sequential] ${prefix} has ${net.inputs.length} inputs and the outputs ${net.outputs.join(', ')}, expected one input and one node as output. Build a Network of named nodes.`,
      { name: prefix, value: net.outputs },
    )
  }
  const rename = (name: string): string => (name === input!.name ? source : `${prefix}.${name}`)
  return {
    nodes: net.nodes.map(({ name, layer, inputs }) => ({ name: rename(name), layer, inputs: inputs.map(rename) })),
    feedback: net.feedback.map(({ name, from, shape }) => ({ name: rename(name), from: rename(from), shape })),
  }
}

function isInput(part: Input | Part): part is Input {
  return typeof part === 'object' && part !== null && 'kind' in part && part.kind === 'input'
}

function isNetwork(part: Input | Part): part is Network {
  return 'nodes' in part
}
