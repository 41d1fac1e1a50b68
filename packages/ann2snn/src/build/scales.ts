import { placeholder, sizeOf, type Shape } from '@snn/tensor'
import { interpret, referenceKernels } from '@snn/tensor/backend'
import { padLayer, resampleLayer, traitsOf, type NetworkNode, type StatelessLayer } from '@snn/nn'
import { broadcastIndex } from './broadcast-index.js'
import type { ConversionPlan } from '../plan/plan.js'

// Every value of the network has a scale for each of its elements: the SNN computes value / scale. A weighted layer can
// give its outputs any scale, since it is absorbed in the weights; every other layer ties the scales of its outputs to
// those of its inputs (an Add needs equal ones). Elements tied together form one class, found by union-find, and share
// one scale.

/** Padded zeros have any scale. */
const anyScale = -1

class Classes {
  readonly #parent: number[] = []
  create(): number {
    return this.#parent.push(this.#parent.length) - 1
  }
  find(id: number): number {
    let root = id
    while (this.#parent[root] !== root) root = this.#parent[root]!
    while (this.#parent[id] !== root) [id, this.#parent[id]] = [this.#parent[id]!, root]
    return root
  }
  /** Ties two elements together; returns one that stands for both. */
  join(a: number, b: number): number {
    if (a === anyScale) return b
    if (b === anyScale) return a
    const [low, high] = [this.find(a), this.find(b)].sort((x, y) => x - y) as [number, number]
    this.#parent[high] = low
    return low
  }
}

export interface Scales {
  /** The scale of each element of a value, given the threshold of every neuron by element. */
  of(name: string): Float64Array
}

/**
 * @param thresholds of each neuron, one for each element of its output, in the units of the ANN
 * @returns a scale for every element of every value: the largest threshold among the neurons of its class, or 1 for
 * classes
 *   that hold the input, an analogue layer or the readout, and for those without neurons
 */
export function chooseScales(plan: ConversionPlan, thresholds: ReadonlyMap<string, Float64Array>): Scales {
  const classes = new Classes()
  const unit = classes.create()
  const ids = new Map<string, Int32Array>()
  const filled = (shape: Shape, id: number): Int32Array => new Int32Array(sizeOf(shape)).fill(id)
  for (const { name } of plan.network.inputs) ids.set(name, filled(plan.shapes.get(name)!, unit))

  for (const node of plan.network.nodes) {
    const role = plan.roles.get(node.name)!
    const shape = plan.shapes.get(node.name)!
    const inputs = node.inputs.map((name) => ids.get(name)!)
    const own = (): Int32Array => {
      switch (role) {
        case 'weighted':
          uniformInputs(classes, node, inputs[0]!, plan.shapes.get(node.inputs[0]!)!)
          return freshOutputs(classes, node, shape)
        case 'neuron':
          return inputs[0]!
        case 'maxPool':
          return perChannel(classes, inputs[0]!, plan.shapes.get(node.inputs[0]!)!, shape)
        case 'linear':
          return passed(classes, node, inputs, plan.shapes, shape)
        case 'analogue':
        case 'input':
        case 'readout':
          for (const input of inputs) for (const id of input) classes.join(unit, id)
          return filled(shape, unit)
      }
    }
    ids.set(node.name, own())
  }
  for (const name of plan.network.outputs) for (const id of ids.get(name)!) classes.join(unit, id)

  const scale = new Map<number, number>()
  for (const [name, values] of thresholds) {
    const own = ids.get(name)!
    values.forEach((threshold, i) => {
      const root = classes.find(own[i]!)
      scale.set(root, Math.max(scale.get(root) ?? 0, threshold))
    })
  }
  scale.set(classes.find(unit), 1)
  return {
    of: (name) => Float64Array.from(ids.get(name)!, (id) => (id === anyScale ? 1 : (scale.get(classes.find(id)) ?? 1))),
  }
}

/** A convolution needs one scale per input channel, a linear layer one per feature (its last axis). */
function uniformInputs(classes: Classes, node: NetworkNode, input: Int32Array, shape: Shape): void {
  const { channelAxis } = traitsOf(node.layer)!
  const groups = shape.at(channelAxis!)!
  const first = new Int32Array(groups).fill(anyScale)
  const inner = channelAxis === 0 ? input.length / groups : 1
  input.forEach((id, i) => {
    const group = Math.floor(i / inner) % groups
    first[group] = classes.join(first[group]!, id)
  })
}

function freshOutputs(classes: Classes, node: NetworkNode, shape: Shape): Int32Array {
  const { channelAxis } = traitsOf(node.layer)!
  const groups = shape.at(channelAxis!)!
  const fresh = Array.from({ length: groups }, () => classes.create())
  const size = sizeOf(shape)
  const inner = channelAxis === 0 ? size / groups : 1
  return Int32Array.from({ length: size }, (_, i) => fresh[Math.floor(i / inner) % groups]!)
}

/** Windows need one scale for each channel. */
function perChannel(classes: Classes, input: Int32Array, from: Shape, to: Shape): Int32Array {
  const channels = from[0]!
  const inner = input.length / channels
  const first = new Int32Array(channels).fill(anyScale)
  input.forEach((id, i) => (first[Math.floor(i / inner)] = classes.join(first[Math.floor(i / inner)]!, id)))
  const outer = sizeOf(to) / channels
  return Int32Array.from({ length: sizeOf(to) }, (_, i) => first[Math.floor(i / outer)]!)
}

/** A map of each line along an axis needs one scale for a line. */
function alongAxis(classes: Classes, input: Int32Array, from: Shape, to: Shape, axis: number): Int32Array {
  const inner = sizeOf(from.slice(axis + 1))
  const lineOf = (i: number, size: number): number => Math.floor(i / (inner * size)) * inner + (i % inner)
  const lines = new Int32Array(input.length / from[axis]!).fill(anyScale)
  input.forEach((id, i) => (lines[lineOf(i, from[axis]!)] = classes.join(lines[lineOf(i, from[axis]!)]!, id)))
  return Int32Array.from({ length: sizeOf(to) }, (_, i) => lines[lineOf(i, to[axis]!)]!)
}

function passed(
  classes: Classes,
  node: NetworkNode,
  inputs: readonly Int32Array[],
  shapes: ReadonlyMap<string, Shape>,
  shape: Shape,
): Int32Array {
  const { linear, reach } = traitsOf(node.layer)!
  if (reach === 'element') {
    // operands that are summed need one scale
    const from = node.inputs.map((name) => broadcastIndex(shapes.get(name)!, shape))
    return Int32Array.from({ length: sizeOf(shape) }, (_, i) =>
      inputs.reduce((id, input, k) => classes.join(id, input[from[k]!(i)]!), anyScale),
    )
  }
  if (linear === 'sum') {
    const [input, from] = [inputs[0]!, shapes.get(node.inputs[0]!)!]
    if (reach === 'axis')
      return alongAxis(
        classes,
        input,
        from,
        shape,
        resampleLayer.is(node.layer) ? node.layer.config.axis : from.length - 1,
      )
    if (reach === 'channel') return perChannel(classes, input, from, shape)
    // sums mix everything: one scale for all
    return new Int32Array(sizeOf(shape)).fill(input.reduce((a, b) => classes.join(a, b), anyScale))
  }
  // pure movement: move the classes as the layer moves values
  const layer = padLayer.is(node.layer)
    ? padLayer({ ...node.layer.config, value: anyScale })
    : (node.layer as StatelessLayer)
  const places = node.inputs.map((name) => placeholder([1, ...shapes.get(name)!], 'int32'))
  const moved = interpret(
    layer.apply(places, { training: false, lead: 1 }),
    referenceKernels,
    new Map(places.map((place, i) => [place, { data: inputs[i]!, shape: place.shape, dtype: 'int32' as const }])),
  )
  return Int32Array.from(moved.data)
}
