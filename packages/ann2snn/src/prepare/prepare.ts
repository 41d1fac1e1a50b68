import {
  batchNormLayer,
  broadcastLayer,
  constantLayer,
  convLayer,
  flattenLayer,
  logSoftmaxLayer,
  maxPoolLayer,
  parameterLayer,
  reluLayer,
  reshapeLayer,
  sampleParameterLayer,
  sampleShapes,
  softmaxLayer,
  type LayerOf,
  type Network,
  type NetworkNode,
} from '@snn/nn'
import { SnnError, sizeOf, type Shape, type TensorLike } from '@snn/tensor'
import { foldIntoNext } from './fold-into-next.js'
import { NetworkDraft } from './graph.js'
import { isWeighted, withWeights } from './weighted.js'
import { at, floats, toVariables, weightsOf } from './weights.js'

export interface PrepareOptions {
  /** A softmax or log-softmax at the very end: away with it (the argmax stays the same), or kept. */
  readonly softmax: 'strip' | 'keep'
  /**
   * Whether the first neurons take what does not change, so that pooling before them is computed once. Default false.
   */
  readonly poolFirst?: boolean
  /**
   * For chips: whether scales, shifts and changes of order are taken into the weights of the linear layer behind them.
   * Default false.
   */
  readonly foldIntoNext?: boolean
}

/**
 * Brings an ANN into the form that conversion starts from: batch normalisation folded into the layer before it, max
 * pooling behind the ReLU it commutes with, no final softmax. The function computed stays the same (but for the
 * softmax).
 */
export async function prepare(
  net: Network,
  options: PrepareOptions,
): Promise<{ readonly network: Network; readonly notes: readonly string[] }> {
  const notes: string[] = []
  const draft = new NetworkDraft(net)
  const shapes = sampleShapes(net)
  if (options.softmax === 'strip') stripSoftmax(draft, notes)
  for (const node of net.nodes) makePortable(draft, node, shapes)
  const scaled: string[] = []
  for (const node of net.nodes)
    if (batchNormLayer.is(node.layer) && !(await foldBatchNorm(draft, node.name, node.layer, shapes)))
      scaled.push(node.name)
  for (const { name, layer } of net.nodes) {
    const next = maxPoolLayer.is(layer) ? draft.onlyConsumer(name) : undefined
    if (next && reluLayer.is(next.layer)) draft.swap(name, next.name)
  }
  if (options.poolFirst) poolBeforeNeurons(draft)
  if (options.foldIntoNext) await foldIntoNext(draft)
  notes.push(
    ...scaled.map(
      (name) =>
        `The batch normalisation '${name}' normalises the outputs of no convolution or linear layer of its own and ${whatBecame(draft, name, options)}.`,
    ),
  )
  return { network: draft.finish(), notes }
}

/** Of a batch normalisation that became a scale and a shift. */
function whatBecame(draft: NetworkDraft, name: string, { foldIntoNext: forChip }: PrepareOptions): string {
  const node = draft.node(name)
  if (!node || !constantLayer.is(node.layer)) return 'was taken into the weights of the linear layer behind it'
  return forChip
    ? 'stays a scale and a shift until the export for the chip, which takes them into the weights behind it'
    : 'was kept as a scale and a shift'
}

/** Maximum pooling in front of each ReLU that has no other before it, where it is all that takes what comes out. */
function poolBeforeNeurons(draft: NetworkDraft): void {
  const isRelu = (name: string): boolean => draft.nodes.some((node) => node.name === name && reluLayer.is(node.layer))
  const isFirst = (name: string): boolean =>
    draft.node(name)?.inputs.every((input) => !isRelu(input) && isFirst(input)) ?? true
  for (const { name } of draft.nodes.filter(({ name: own }) => isRelu(own) && isFirst(own))) {
    for (let next = draft.onlyConsumer(name); next && maxPoolLayer.is(next.layer); next = draft.onlyConsumer(name))
      draft.swap(name, next.name)
  }
}

/**
 * Layers that repeat an array for each sample, in a form that does not need the number of samples: for files of any
 * batch size.
 */
function makePortable(
  draft: NetworkDraft,
  { name, layer, inputs }: NetworkNode,
  shapes: ReadonlyMap<string, Shape>,
): void {
  if (parameterLayer.is(layer)) draft.replace(name, sampleParameterLayer({}, layer.variables))
  if (!broadcastLayer.is(layer)) return
  const shape = shapes.get(name)!
  const from = shapes.get(inputs[0]!)!
  draft.replace(name, reshapeLayer({ shape: [...Array<number>(shape.length - from.length).fill(1), ...from] }))
  draft.insertAfter(
    name,
    `${name}_zeros`,
    constantLayer({ function: 'add', swap: false }, toVariables({ operand: floats(shape, () => 0) }, name)),
  )
}

function stripSoftmax(draft: NetworkDraft, notes: string[]): void {
  for (const name of draft.outputs) {
    const node = draft.node(name)
    if (node && (softmaxLayer.is(node.layer) || logSoftmaxLayer.is(node.layer))) {
      draft.remove(name)
      notes.push(`The final ${node.layer.kind} '${name}' was removed: the outputs are logits.`)
    }
  }
}

/** y = (x - mean) / sqrt(variance + epsilon) weight + bias, as y = scale x + shift per channel. */
async function affineOf(
  name: string,
  layer: LayerOf<'batchNorm'>,
): Promise<{ readonly scale: readonly number[]; readonly shift: readonly number[] }> {
  const { weight, bias, mean, variance } = await weightsOf(layer)
  const { epsilon } = layer.config
  const wrong = variance!.data.findIndex((value) => !(value + epsilon > 0))
  if (wrong >= 0)
    throw new SnnError(
      'ARGUMENT',
      `[convert] the variance of layer '${name}' is ${variance!.data[wrong]} for channel ${wrong}, expected more than -epsilon (${-epsilon}). The model is damaged: export it again.`,
      { name: `${name}.variance`, value: variance!.data[wrong] },
    )
  const scale = Array.from(weight!.data, (w, c) => w / Math.sqrt(at(variance!.data, c) + epsilon))
  return { scale, shift: scale.map((s, c) => at(bias!.data, c) - at(mean!.data, c) * s) }
}

/** Takes it into the layer before it; where there is none, it becomes a scale and a shift: false. */
async function foldBatchNorm(
  draft: NetworkDraft,
  name: string,
  layer: LayerOf<'batchNorm'>,
  shapes: ReadonlyMap<string, Shape>,
): Promise<boolean> {
  const { scale, shift } = await affineOf(name, layer)
  const target = weightedBefore(draft, name, scale.length, shapes)
  if (!target) {
    const shape = [
      scale.length,
      ...shapes
        .get(name)!
        .slice(1)
        .map(() => 1),
    ]
    draft.replace(
      name,
      constantLayer({ function: 'mul', swap: false }, toVariables({ operand: floats(shape, (c) => scale[c]!) }, name)),
    )
    draft.insertAfter(
      name,
      `${name}_shift`,
      constantLayer({ function: 'add', swap: false }, toVariables({ operand: floats(shape, (c) => shift[c]!) }, name)),
    )
    return false
  }
  const { weight, bias } = await weightsOf(target.layer)
  const perChannel = weight!.data.length / scale.length
  const weights: Record<string, TensorLike> = {
    weight: floats(weight!.shape, (i) => at(weight!.data, i) * scale[Math.floor(i / perChannel)]!),
    bias: floats([scale.length], (c) => (bias ? at(bias.data, c) : 0) * scale[c]! + shift[c]!),
  }
  draft.replace(target.name, withWeights(target, weights))
  draft.remove(name)
  return true
}

/**
 * The convolution or linear layer whose output channels, untouched but for their shape, are the channels of the layer
 * `norm`, and which nothing else takes.
 */
function weightedBefore(
  draft: NetworkDraft,
  norm: string,
  channels: number,
  shapes: ReadonlyMap<string, Shape>,
): NetworkNode | undefined {
  let name = draft.node(norm)!.inputs[0]!
  for (;;) {
    const before = draft.node(name)
    if (!before || !draft.onlyConsumer(name)) return undefined
    const { layer } = before
    // a vector of the channels: whatever its shape, they stay in order
    const isVector = (): boolean => sizeOf(shapes.get(before.name)!) === channels
    if (isWeighted(layer))
      return layer.variables['weight']!.shape[0] === channels && (convLayer.is(layer) || isVector())
        ? before
        : undefined
    if ((!reshapeLayer.is(layer) && !flattenLayer.is(layer)) || !isVector()) return undefined
    name = before.inputs[0]!
  }
}
