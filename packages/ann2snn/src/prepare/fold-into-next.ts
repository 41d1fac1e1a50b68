import {
  constantLayer,
  flattenLayer,
  linearLayer,
  reshapeLayer,
  sampleShapes,
  traitsOf,
  transposeLayer,
  type NetworkNode,
  type StatelessLayer,
} from '@snn/nn'
import { compile, reference, sizeOf, type Tensor } from '@snn/tensor'
import type { NetworkDraft } from './graph.js'
import { withWeights } from './weighted.js'
import { at, floats, weightsOf } from './weights.js'

/**
 * Scales, shifts and changes of order on the way into a linear layer are taken into its weights, for a chip has
 * synapses and neurons alone:
 *
 *   W (s x[order] + b) + c = W' x + c',   W'[o, order[i]] = W[o, i] s[i],   c' = c + W b
 */
export async function foldIntoNext(draft: NetworkDraft): Promise<void> {
  const shapes = sampleShapes(draft.finish())
  for (const node of draft.nodes) {
    const way = linearLayer.is(node.layer) && shapes.get(node.inputs[0]!)!.length === 1 ? wayInto(draft, node) : []
    if (way.length === 0) continue
    const from = shapes.get(way[0]!.inputs[0]!)!
    const size = sizeOf(from)
    const through = async (nodes: readonly NetworkNode[], value: (i: number) => number): Promise<ArrayLike<number>> => {
      await using run = compile(
        (x: Tensor) =>
          nodes.reduce((flow, { layer }) => (layer as StatelessLayer).apply([flow], { training: false, lead: 1 }), x),
        { backend: reference() },
      )
      return (await run(floats([1, ...from], value))).data
    }
    const order = await through(
      way.filter(({ layer }) => !constantLayer.is(layer)),
      (i) => i,
    )
    const [shift, sum] = [await through(way, () => 0), await through(way, () => 1)]
    const { weight, bias } = await weightsOf(node.layer)
    const outputs = weight!.shape[0]!
    const place = new Int32Array(size)
    for (let i = 0; i < size; i++) place[order[i]!] = i
    const scaled = floats([outputs, size], (k) => {
      const i = place[k % size]!
      return at(weight!.data, k - (k % size) + i) * (sum[i]! - shift[i]!)
    })
    const shifted = floats([outputs], (o) => {
      let all = bias ? at(bias.data, o) : 0
      for (let i = 0; i < size; i++) all += at(weight!.data, o * size + i) * shift[i]!
      return all
    })
    draft.replace(node.name, withWeights(node, { weight: scaled, bias: shifted }))
    const [first, ...others] = way
    for (const { name } of others) draft.remove(name)
    if (from.length === 1) draft.remove(first!.name)
    else draft.replace(first!.name, flattenLayer({}))
  }
}

/**
 * The layers on the way into another, from the first that scales, shifts or reorders on: nothing else takes what comes
 * out of them.
 */
function wayInto(draft: NetworkDraft, node: NetworkNode): readonly NetworkNode[] {
  const way: NetworkNode[] = []
  const shapesOnly = ({ layer }: NetworkNode): boolean => flattenLayer.is(layer) || reshapeLayer.is(layer)
  for (
    let before = draft.node(node.inputs[0]!);
    before && draft.onlyConsumer(before.name);
    before = draft.node(before.inputs[0]!)
  ) {
    const { layer } = before
    if (
      !shapesOnly(before) &&
      !transposeLayer.is(layer) &&
      !(constantLayer.is(layer) && traitsOf(layer)!.linear === 'weights')
    )
      break
    way.unshift(before)
  }
  const first = way.findIndex((own) => !shapesOnly(own))
  return first < 0 ? [] : way.slice(first)
}
