import { sameShape, sizeOf } from '@snn/tensor'
import { byChannel, thenAffine, type Affine } from './affine.js'
import {
  addBias,
  convShape,
  identityMap,
  isPool,
  scaleInputs,
  scaleRows,
  sumOfInputs,
  withInputs,
  type LinearMap,
} from './linear-map.js'
import type { Refuse } from './refuse.js'
import type { StageInput } from './stage.js'

/** What a layer of neurons (or the input) sends, on its way to others: map(scale s + shift). */
export interface Term {
  /** Of the first layer with weights on the way. */
  readonly name: string | undefined
  readonly from: string
  /** C, H, W or [N] of what is sent. */
  readonly inputShape: readonly number[]
  /** By element of what is sent. */
  readonly before: Affine | undefined
  readonly map: LinearMap | undefined
  /** Where a transposition has put what is at each place of the value: at place i is what was at order[i]. */
  readonly order: Int32Array | undefined
}

/** A value between layers of neurons: the sum of what some of them send, each on its own way. */
export type Flow = readonly Term[]

/** What is sent, and nothing done to it. */
export const sent = (from: string, inputShape: readonly number[]): Flow => [
  { name: undefined, from, inputShape, before: undefined, map: undefined, order: undefined },
]

/** A value of `shape` with its axes in another order. */
export function thenTranspose(flow: Flow, permutation: readonly number[], shape: readonly number[]): Flow {
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)))
  const to = permutation.map((axis) => shape[axis]!)
  const order = Int32Array.from({ length: sizeOf(shape) }, (_, i) => {
    let [rest, from] = [i, 0]
    for (let axis = to.length - 1; axis >= 0; axis--) {
      from += (rest % to[axis]!) * strides[permutation[axis]!]!
      rest = Math.floor(rest / to[axis]!)
    }
    return from
  })
  return flow.map((term) => ({ ...term, order: order.map((from) => term.order?.[from] ?? from) }))
}

/** `layer` as the next map of each way; what it adds is added once. `merge`: how it follows a map that is there. */
export function thenMap(
  flow: Flow,
  name: string,
  next: LinearMap,
  refuse: Refuse,
  merge: (map: LinearMap, next: LinearMap, term: Term) => LinearMap,
): Flow {
  const silent = { ...next, bias: new Float64Array(next.bias.length) }
  return flow.map((term, i) => {
    const given = i === 0 ? next : silent
    if (term.order && given.kind === 'conv')
      throw refuse(
        'a convolution or pooling of what is transposed',
        'Leave the transposition out, or put neurons before it.',
      )
    const own = term.order && given.kind === 'dense' ? withInputs(given, term.order) : given
    return {
      ...term,
      order: undefined,
      name: term.map && !isPool(term.map) ? term.name : name,
      map: term.map ? merge(term.map, own, term) : own,
    }
  })
}

/** scale x + shift of a value of `shape`; what is added is added once. */
export function thenScale(flow: Flow, { scale, shift }: Affine, refuse: Refuse): Flow {
  return flow.map((term, i) => scaled(term, { scale, shift: i === 0 ? shift : new Float64Array(shift.length) }, refuse))
}

function scaled(term: Term, given: Affine, refuse: Refuse): Term {
  const { map, before, inputShape, order } = term
  const affine = order ? { scale: inOrder(given.scale, order), shift: inOrder(given.shift, order) } : given
  if (!map) return { ...term, before: thenAffine(before, affine) }
  const rows = map.bias.length
  const [scale, shift] = [byChannel(affine.scale, rows), byChannel(affine.shift, rows)]
  if (!scale || !shift) throw refuse('numbers that differ within a channel', 'Use one a channel.')
  if (!isPool(map))
    return {
      ...term,
      map: addBias(
        scaleRows(map, (row) => scale[row]!),
        shift,
      ),
    }
  // the mean of windows is the same before and behind it, but for what padding would add
  if (map.padding.some((p) => p > 0) && shift.some((b) => b !== 0))
    throw refuse('a sum behind pooling with padding', 'Pool without padding.')
  const area = sizeOf(inputShape) / rows
  const spread = (values: Float64Array): Float64Array =>
    Float64Array.from({ length: rows * area }, (_, element) => values[Math.floor(element / area)]!)
  return { ...term, before: thenAffine(before, { scale: spread(scale), shift: spread(shift) }) }
}

/** What belongs to the places of a value, at the places from where a transposition took them. */
function inOrder(values: Float64Array, order: Int32Array): Float64Array {
  const out = new Float64Array(values.length)
  order.forEach((from, i) => (out[from] = values[i]!))
  return out
}

/** The ways into a layer of neurons of `shape`, each as one map of what is sent. */
export function inputsOf(flow: Flow, neuron: string, shape: readonly number[], refuse: Refuse): readonly StageInput[] {
  const names = flow.map(({ name }) => name)
  return flow.map((term): StageInput => {
    if (term.order)
      throw refuse('neurons of what is transposed', 'Leave the transposition out, or put it behind the neurons.')
    const { name = `${neuron}_from_${term.from}`, from, inputShape } = term
    const map = ownMap(term, refuse)
    const given = map.kind === 'dense' ? [map.outputs] : convShape(map, inputShape)
    if (!sameShape(given, shape))
      throw refuse(
        `neurons of [${shape.join(',')}] take [${given.join(',')}]`,
        'Put flatten behind the neurons, and give all branches one shape.',
      )
    return {
      name: names.indexOf(term.name) === names.lastIndexOf(term.name) ? name : `${name}_from_${from}`,
      from,
      map,
      inputShape,
    }
  })
}

/** map(scale s + shift) as one map of s. */
function ownMap({ before, map, inputShape }: Term, refuse: Refuse): LinearMap {
  const whole = map ?? identityMap(inputShape)
  if (!before) return whole
  if (whole.kind === 'dense')
    return addBias(
      scaleInputs(
        whole,
        (i) => before.scale[i]!,
        (i) => i,
      ),
      sumOfInputs(whole, before.shift),
    )
  const [channels] = inputShape
  const [scale, shift] = [byChannel(before.scale, channels!), byChannel(before.shift, channels!)]
  if (!scale || !shift)
    throw refuse(
      'a convolution of what is scaled, or shifted, by numbers that differ within a channel',
      'Use one number a channel.',
    )
  if (whole.padding.some((p) => p > 0) && shift.some((b) => b !== 0))
    throw refuse(
      'a convolution with padding of what something is added to, which padding lacks',
      'Put the normalisation behind the convolution, or use no padding.',
    )
  return addBias(
    scaleInputs(
      whole,
      (channel) => scale[channel]!,
      (i) => i,
    ),
    sumOfInputs(whole, shift),
  )
}
