import { isStateful, sampleShapes, type Layer, type Network, type NetworkNode } from '@snn/nn'
import { sizeOf, type Padding } from '@snn/tensor'
import { denseThenDense, poolMap, poolThenConv, poolThenDense, scaleRows, type ConvMap, type LinearMap } from './linear-map.js'
import { neuronForm, type Approximation, type NeuronForm } from './neuron-form.js'
import { cannotExport } from './refuse.js'

/** Neurons with the map that drives them: what becomes one layer of the file. */
export interface Stage {
  /** Of the weighted layer, and of the neurons. */
  readonly name: string
  readonly neuron: string
  readonly map: LinearMap
  readonly form: NeuronForm
  /** C, H, W or [N] of what comes and of what is sent. */
  readonly inputShape: readonly number[]
  readonly shape: readonly number[]
  /** Stages before it. */
  readonly depth: number
}

/** What is read of the layers since the last neurons. */
interface Pending {
  readonly name: string
  readonly map: LinearMap | undefined
  readonly inputShape: readonly number[]
}

/** The network as a chain of stages. A network that ends without neurons ends in a membrane that is read. */
export async function readStages(net: Network, allowed: readonly Approximation[]): Promise<readonly Stage[]> {
  const shapes = sampleShapes(net)
  const stages: Stage[] = []
  let before = net.inputs[0]!.name
  let pending: Pending = { name: before, map: undefined, inputShape: shapes.get(before)! }
  const close = async (name: string, neuron: Layer | undefined, shape: readonly number[]): Promise<void> => {
    const { map } = pending
    if (!map) throw cannotExport(name, neuron?.kind ?? 'network', 'neurons without weights before them, which the file cannot have', 'Put a linear layer or a convolution before.')
    const channels = map.bias.length
    const form = neuron ? await neuronForm(name, neuron, channels, map.bias.some((b) => b !== 0), allowed) : readout
    push(name, map, form, shape)
  }
  const push = (neuron: string, map: LinearMap, form: NeuronForm, shape: readonly number[]): void => {
    stages.push({ depth: stages.length, name: pending.name, neuron, map, form, inputShape: pending.inputShape, shape: map.kind === 'dense' ? [map.outputs] : shape })
    pending = { name: neuron, map: undefined, inputShape: shape }
  }
  for (const node of net.nodes) {
    const { name, layer } = node
    if (node.inputs.length !== 1 || node.inputs[0] !== before) throw cannotExport(name, layer.kind, `it takes ${node.inputs.join(' and ')}: layers of a .net file are a chain`, 'Train without shortcuts and branches.')
    const shape = shapes.get(name)!
    if (layer.kind === 'spikingMaxPool' || layer.kind === 'spikingGlobalMaxPool') throw cannotExport(name, layer.kind, 'the maximum of all that came so far, which no neuron of the chip keeps', "Convert for the chip, convert(.., { target: 'loihi' }), or use average pooling.")
    if (layer.kind === 'maxPool' || layer.kind === 'globalMaxPool') {
      const map = maxPoolOf(node, shapes.get(before)!, pending.map)
      const amplitude = stages.at(-1)?.form.amplitude
      pending = { ...pending, name }
      push(name, map, anyOf(map, amplitude), shape)
    } else if (isStateful(layer) && layer.kind !== 'dropout') await close(name, layer, shape)
    else pending = await addLayer(pending, node, shapes.get(before)!, shape)
    before = name
  }
  if (pending.map) await close(before, undefined, shapes.get(before)!)
  if (stages.length === 0) throw cannotExport(before, 'network', 'no neurons', 'Add layers.')
  return stages
}

/** Sums what comes up, and never fires. */
const readout: NeuronForm = { keepCurrent: 0, keepVoltage: 1, gain: 1, biasGain: 1, current: undefined, threshold: undefined, amplitude: undefined, approximations: [] }

/** Neurons that fire in the step in which any of the spikes of their window is there: all that comes is gone at the reset. */
function anyOf({ weight: [share], bias }: ConvMap, amplitude: Float64Array | undefined): NeuronForm {
  return { ...readout, threshold: Float64Array.from(bias, (_, channel) => 0.5 * share! * (amplitude?.[channel] ?? 1)), amplitude }
}

/** The windows of a maximum pooling of spikes. */
function maxPoolOf({ name, layer: { kind, config } }: NetworkNode, from: readonly number[], before: LinearMap | undefined): ConvMap {
  const refuse = (reason: string, fix: string): Error => cannotExport(name, kind, reason, fix)
  if (from.length !== 3) throw refuse(`pooling of [${from.join(',')}]`, 'Pool over two axes.')
  if (before) throw refuse('the maximum of what is no spikes', 'Put it behind the neurons, or leave it to the host with splitEncoder.')
  const [channels, height, width] = from as [number, number, number]
  if (kind === 'globalMaxPool') return poolMap(channels, [height, width], [1, 1], [0, 0])
  const { kernel, stride, padding, dilation } = config as unknown as { readonly kernel: [number, number]; readonly stride: [number, number]; readonly padding: readonly Padding[]; readonly dilation: readonly number[] }
  if (dilation.some((n) => n !== 1)) throw refuse('windows with gaps', 'Pool without dilation.')
  return poolMap(channels, kernel, stride, symmetric(padding, refuse))
}

async function addLayer(pending: Pending, { name, layer }: NetworkNode, from: readonly number[], shape: readonly number[]): Promise<Pending> {
  const { kind, config } = layer
  const refuse = (reason: string, fix: string): Error => cannotExport(name, kind, reason, fix)
  const { map } = pending
  const put = (next: LinearMap): Pending => ({ ...pending, name: map && !isPool(map) ? pending.name : name, map: next })
  switch (kind) {
    case 'flatten':
    case 'dropout':
      return pending
    case 'reshape':
      if (shape.length === 1) return pending
      throw refuse(`a reshape to [${shape.join(',')}]`, 'Leave it out.')
    case 'linear': {
      const { weight, bias } = await weightsOf(layer)
      const [outputs, inputs] = layer.variables['weight']!.shape as [number, number]
      const next = { kind: 'dense', weight, bias: bias ?? new Float64Array(outputs), outputs, inputs } as const
      if (from.length !== 1) throw refuse(`it takes [${from.join(',')}]`, 'Put a flatten layer before.')
      if (!map) return put(next)
      if (map.kind === 'dense') return put(denseThenDense(map, next))
      if (isPool(map) && pending.inputShape.length === 3) return put(poolThenDense(map, pending.inputShape as [number, number, number], outputShape(map, pending.inputShape), next))
      throw refuse('it follows a convolution without neurons between', 'Put neurons between.')
    }
    case 'conv': {
      const { weight, bias } = await weightsOf(layer)
      const weightShape = layer.variables['weight']!.shape as [number, number, number, number]
      if (weightShape.length !== 4) throw refuse(`a convolution over ${weightShape.length - 2} axes`, 'Use conv2d.')
      const { stride, dilation, groups } = config as unknown as { readonly stride: [number, number]; readonly dilation: [number, number]; readonly groups: number }
      const next: ConvMap = { kind: 'conv', weight, weightShape, bias: bias ?? new Float64Array(weightShape[0]), stride, padding: symmetric(config['padding'] as readonly Padding[], refuse), dilation, groups, pool: false }
      if (!map) return put(next)
      if (!isPool(map)) throw refuse('it follows another layer with weights without neurons between', 'Put neurons between.')
      const whole = map.stride.every((s, axis) => s === map.weightShape[2 + axis] && pending.inputShape[1 + axis]! % s === 0)
      if (map.padding.some((p) => p > 0) || (next.padding.some((p) => p > 0) && !whole)) throw refuse('padding around pooled values whose windows overlap or leave something out', 'Pool in windows that fit, or put neurons between.')
      const merged = poolThenConv(map, next)
      if (outputShape(merged, pending.inputShape).some((n, axis) => n !== shape[axis])) throw refuse('pooling that leaves a rest', 'Pool in windows that fit, or put neurons between.')
      return put(merged)
    }
    case 'batchNorm': {
      const { weight, bias, mean, variance } = await allOf(layer, ['weight', 'bias', 'mean', 'variance'])
      if (!map) throw refuse('batch normalisation of spikes', 'Put it behind the layer with weights.')
      if (map.bias.length !== weight!.length) throw refuse(`${weight!.length} channels behind ${map.bias.length}`, 'Put it directly behind the layer with weights.')
      const scale = (row: number): number => weight![row]! / Math.sqrt(variance![row]! + (config['epsilon'] as number))
      const scaled = scaleRows(map, scale)
      return put({ ...scaled, bias: scaled.bias.map((b, row) => b - mean![row]! * scale(row) + bias![row]!), ...(scaled.kind === 'conv' ? { pool: false } : {}) })
    }
    case 'averagePool':
    case 'globalAveragePool':
    case 'adaptiveAveragePool': {
      if (from.length !== 3) throw refuse(`pooling of [${from.join(',')}]`, 'Pool over two axes.')
      if (map) throw refuse('it follows weights without neurons between', 'Put it behind the neurons.')
      return put(poolOf(layer, from as [number, number, number], shape, refuse))
    }
    case 'relu':
      throw refuse('an activation of an ordinary network', 'Convert the network first.')
    default:
      throw refuse('the file has nothing for it', 'Use linear, conv2d, batchNorm, average pooling, flatten and neurons.')
  }
}

const isPool = (map: LinearMap): map is ConvMap => map.kind === 'conv' && map.pool

function poolOf({ kind, config }: Layer, [channels, height, width]: readonly [number, number, number], shape: readonly number[], refuse: (reason: string, fix: string) => Error): ConvMap {
  if (kind === 'globalAveragePool') return poolMap(channels, [height, width], [1, 1], [0, 0])
  if (kind === 'adaptiveAveragePool') {
    const window = [height / shape[1]!, width / shape[2]!] as const
    if (!window.every(Number.isInteger)) throw refuse(`windows of different sizes from [${height},${width}] to [${shape.slice(1).join(',')}]`, 'Pool in windows that fit.')
    return poolMap(channels, window, window, [0, 0])
  }
  const { kernel, stride, padding, countIncludePad } = config as unknown as { readonly kernel: [number, number]; readonly stride: [number, number]; readonly padding: readonly Padding[]; readonly countIncludePad: boolean }
  const pad = symmetric(padding, refuse)
  if (pad.some((p) => p > 0) && !countIncludePad) throw refuse('means at the edge that leave padding out', 'Use countIncludePad: true.')
  return poolMap(channels, kernel, stride, pad)
}

function outputShape({ weightShape: [features, , ...kernel], stride, padding, dilation }: ConvMap, input: readonly number[]): [number, number, number] {
  const size = (axis: 0 | 1): number => Math.floor((input[1 + axis]! + 2 * padding[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis] + 1)
  return [features, size(0), size(1)]
}

function symmetric(padding: readonly Padding[], refuse: (reason: string, fix: string) => Error): [number, number] {
  if (padding.some(([low, high]) => low !== high)) throw refuse('padding that differs between the two sides', 'Pad both sides alike.')
  return padding.map(([low]) => low) as [number, number]
}

async function allOf({ variables }: Layer, names: readonly string[]): Promise<Readonly<Record<string, Float64Array>>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, Float64Array.from(await variables[name]!.data())] as const)))
}

async function weightsOf(layer: Layer): Promise<{ readonly weight: Float64Array; readonly bias: Float64Array | undefined }> {
  const { weight, bias } = await allOf(layer, 'bias' in layer.variables ? ['weight', 'bias'] : ['weight'])
  return { weight: weight!, bias }
}

/** Channel of an input of a stage, counted in what the stage before sends. */
export function channelOf(shape: readonly number[]): (input: number) => number {
  const area = sizeOf(shape.slice(1))
  return (input) => Math.floor(input / area)
}
