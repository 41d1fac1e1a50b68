import { constantLayer, convLayer, linearLayer, reshapeLayer, sampleParameterLayer, sampleShapes, type ConvConfig, type Network, type NetworkNode } from '@snn/nn'
import { SnnError, sizeOf, type Shape, type TensorLike } from '@snn/tensor'
import { Draft } from './graph.js'
import { at, floats, toVariables, weightsOf } from './weights.js'

export interface PrepareOptions {
  /** A softmax or log-softmax at the very end: away with it (the argmax stays the same), or kept. */
  readonly softmax: 'strip' | 'keep'
  /** Whether the first neurons take what does not change, so that pooling before them is computed once. Default false. */
  readonly poolFirst?: boolean
}

/**
 * Brings an ANN into the form that conversion starts from: batch normalisation folded into the layer before it, max pooling
 * behind the ReLU it commutes with, no final softmax. The function computed stays the same (but for the softmax).
 */
export async function prepare(net: Network, options: PrepareOptions): Promise<{ readonly network: Network; readonly notes: readonly string[] }> {
  const notes: string[] = []
  const draft = new Draft(net)
  const shapes = sampleShapes(net)
  if (options.softmax === 'strip') stripSoftmax(draft, notes)
  for (const node of net.nodes) makePortable(draft, node, shapes)
  for (const node of net.nodes) if (node.layer.kind === 'batchNorm') await foldBatchNorm(draft, node, shapes, notes)
  for (const { name, layer } of net.nodes) {
    const next = layer.kind === 'maxPool' ? draft.onlyConsumer(name) : undefined
    if (next?.layer.kind === 'relu') draft.swap(name, next.name)
  }
  if (options.poolFirst) poolBeforeNeurons(draft)
  return { network: draft.finish(), notes }
}

/** Maximum pooling in front of each ReLU that has no other before it, where it is all that takes what comes out. */
function poolBeforeNeurons(draft: Draft): void {
  const isFirst = (name: string): boolean => draft.node(name)?.inputs.every((input) => draft.node(input)?.layer.kind !== 'relu' && isFirst(input)) ?? true
  for (const { name } of draft.nodes.filter(({ layer, name: own }) => layer.kind === 'relu' && isFirst(own))) {
    for (let next = draft.onlyConsumer(name); next?.layer.kind === 'maxPool'; next = draft.onlyConsumer(name)) draft.swap(name, next.name)
  }
}

/** Layers that repeat an array for each sample, in a form that does not need the number of samples: for files of any batch size. */
function makePortable(draft: Draft, { name, layer, inputs }: NetworkNode, shapes: ReadonlyMap<string, Shape>): void {
  if (layer.kind === 'parameter') draft.replace(name, sampleParameterLayer({}, layer.variables))
  if (layer.kind !== 'broadcast') return
  const shape = shapes.get(name)!
  const from = shapes.get(inputs[0]!)!
  draft.replace(name, reshapeLayer({ shape: [...Array<number>(shape.length - from.length).fill(1), ...from] }))
  draft.insertAfter(name, `${name}_zeros`, constantLayer({ function: 'add', swap: false }, toVariables({ operand: floats(shape, () => 0) }, name)))
}

function stripSoftmax(draft: Draft, notes: string[]): void {
  for (const name of draft.outputs) {
    const node = draft.node(name)
    if (node && (node.layer.kind === 'softmax' || node.layer.kind === 'logSoftmax')) {
      draft.remove(name)
      notes.push(`The final ${node.layer.kind} '${name}' was removed: the outputs are logits.`)
    }
  }
}

/** y = (x - mean) / sqrt(variance + epsilon) weight + bias, as y = scale x + shift per channel. */
async function affineOf(node: NetworkNode): Promise<{ readonly scale: readonly number[]; readonly shift: readonly number[] }> {
  const { weight, bias, mean, variance } = await weightsOf(node.layer)
  const { epsilon } = node.layer.config as { readonly epsilon: number }
  const wrong = variance!.data.findIndex((value) => !(value + epsilon > 0))
  if (wrong >= 0) throw new SnnError('ARGUMENT', `[convert] the variance of layer '${node.name}' is ${variance!.data[wrong]} for channel ${wrong}, expected more than -epsilon (${-epsilon}). The model is damaged: export it again.`, { name: `${node.name}.variance`, value: variance!.data[wrong] })
  const scale = Array.from(weight!.data, (w, c) => w / Math.sqrt(at(variance!.data, c) + epsilon))
  return { scale, shift: scale.map((s, c) => at(bias!.data, c) - at(mean!.data, c) * s) }
}

async function foldBatchNorm(draft: Draft, node: NetworkNode, shapes: ReadonlyMap<string, Shape>, notes: string[]): Promise<void> {
  const { scale, shift } = await affineOf(node)
  const target = weightedBefore(draft, node, scale.length, shapes)
  if (!target) {
    const shape = [scale.length, ...shapes.get(node.name)!.slice(1).map(() => 1)]
    draft.replace(node.name, constantLayer({ function: 'mul', swap: false }, toVariables({ operand: floats(shape, (c) => scale[c]!) }, node.name)))
    draft.insertAfter(node.name, `${node.name}_shift`, constantLayer({ function: 'add', swap: false }, toVariables({ operand: floats(shape, (c) => shift[c]!) }, node.name)))
    notes.push(`The batch normalisation '${node.name}' normalises the outputs of no convolution or linear layer of its own and was kept as a scale and a shift.`)
    return
  }
  const { weight, bias } = await weightsOf(target.layer)
  const perChannel = weight!.data.length / scale.length
  const weights: Record<string, TensorLike> = {
    weight: floats(weight!.shape, (i) => at(weight!.data, i) * scale[Math.floor(i / perChannel)]!),
    bias: floats([scale.length], (c) => (bias ? at(bias.data, c) : 0) * scale[c]! + shift[c]!),
  }
  draft.replace(target.name, withWeights(target, weights))
  draft.remove(node.name)
}

/** The convolution or linear layer whose output channels, untouched but for their shape, are the channels of `node`, and which nothing else takes. */
function weightedBefore(draft: Draft, node: NetworkNode, channels: number, shapes: ReadonlyMap<string, Shape>): NetworkNode | undefined {
  let name = draft.node(node.name)!.inputs[0]!
  for (;;) {
    const before = draft.node(name)
    if (!before || !draft.onlyConsumer(name)) return undefined
    const { kind, variables } = before.layer
    // a vector of the channels: whatever its shape, they stay in order
    const isVector = (): boolean => sizeOf(shapes.get(before.name)!) === channels
    if (kind === 'conv' || kind === 'linear') return variables['weight']!.shape[0] === channels && (kind === 'conv' || isVector()) ? before : undefined
    if ((kind !== 'reshape' && kind !== 'flatten') || !isVector()) return undefined
    name = before.inputs[0]!
  }
}

/** The same convolution or linear layer with other arrays. */
export function withWeights(node: NetworkNode, weights: Readonly<Record<string, TensorLike>>): NetworkNode['layer'] {
  const variables = toVariables(weights, node.name)
  return node.layer.kind === 'conv' ? convLayer(node.layer.config as unknown as ConvConfig, variables) : linearLayer({}, variables)
}
