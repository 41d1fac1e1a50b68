import type { Layer, LayerName, LayerOf, NetworkNode } from '@snn/nn'
import { sizeOf } from '@snn/tensor'
import { affineOf } from './affine.js'
import { thenMap, thenScale, thenTranspose, type Flow, type Term } from './flow.js'
import {
  convShape,
  denseThenDense,
  isPool,
  poolThenConv,
  poolThenDense,
  type ConvMap,
  type LinearMap,
} from './linear-map.js'
import { averagePoolOf, pair, symmetric, type AveragePool } from './pooling.js'
import { cannotExport, type Refuse } from './refuse.js'

interface Place {
  readonly flow: Flow
  readonly name: string
  /** Shapes of a sample before and behind the layer. */
  readonly from: readonly number[]
  readonly shape: readonly number[]
  readonly refuse: Refuse
}

type Step<L extends Layer> = (layer: L, place: Place) => Flow | Promise<Flow>

const passed = (_: Layer, { flow }: Place): Flow => flow

const pooled: Step<AveragePool> = (layer, { flow, name, from, shape, refuse }) => {
  if (from.length !== 3) throw refuse(`pooling of [${from.join(',')}]`, 'Pool over two axes.')
  return thenMap(flow, name, averagePoolOf(layer, from as [number, number, number], shape, refuse), refuse, () => {
    throw refuse('it follows weights without neurons between', 'Put it behind the neurons.')
  })
}

const late: Step<Layer> = (_, { refuse }) => {
  throw refuse(
    'a delay, and every synapse that is written takes one step',
    'Train without delays, or write the delays of a dense layer into .net of exportNet (delay, netx) yourself.',
  )
}

/** What layers without neurons do to a value between neurons, by their kind. */
const steps: { readonly [K in LayerName]?: Step<LayerOf<K>> } = {
  flatten: passed,
  dropout: passed,
  add: passed,
  reshape(_, { flow, shape, refuse }) {
    if (shape.length === 1) return flow
    throw refuse(`a reshape to [${shape.join(',')}]`, 'Leave it out.')
  },
  transpose: ({ config: { permutation } }, { flow, from }) =>
    thenTranspose(
      flow,
      permutation.map((axis) => (axis < 0 ? axis + from.length : axis)),
      from,
    ),
  async linear(layer, { flow, name, from, refuse }) {
    const { weight, bias } = await weightsOf(layer)
    const [outputs, inputs] = layer.variables['weight']!.shape as [number, number]
    if (from.length !== 1) throw refuse(`it takes [${from.join(',')}]`, 'Put a flatten layer before.')
    return thenMap(
      flow,
      name,
      { kind: 'dense', weight, bias: bias ?? new Float64Array(outputs), outputs, inputs },
      refuse,
      (map, next, { inputShape }) => {
        if (next.kind === 'dense' && map.kind === 'dense') return denseThenDense(map, next)
        if (next.kind === 'dense' && isPool(map) && inputShape.length === 3)
          return poolThenDense(map, inputShape as [number, number, number], convShape(map, inputShape), next)
        throw refuse('it follows a convolution without neurons between', 'Put neurons between.')
      },
    )
  },
  conv: async (layer, { flow, name, shape, refuse }) =>
    thenMap(flow, name, await convOf(layer, refuse), refuse, (map, next, term) =>
      convAfter(map, next, term, shape, refuse),
    ),
  async batchNorm(layer, { flow, shape, refuse }) {
    const { weight, bias, mean, variance } = await allOf(layer, ['weight', 'bias', 'mean', 'variance'])
    const area = sizeOf(shape) / weight!.length
    const each = (of: (channel: number) => number): Float64Array =>
      Float64Array.from({ length: sizeOf(shape) }, (_, element) => of(Math.floor(element / area)))
    const scale = weight!.map((w, channel) => w / Math.sqrt(variance![channel]! + layer.config.epsilon))
    return thenScale(
      flow,
      {
        scale: each((channel) => scale[channel]!),
        shift: each((channel) => bias![channel]! - mean![channel]! * scale[channel]!),
      },
      refuse,
    )
  },
  async constant(layer, { flow, shape, refuse }) {
    const affine = await affineOf(layer, shape)
    if (!affine)
      throw refuse(
        `'${layer.config.function}' with a constant, which no weights do`,
        'Use sums and products of constants.',
      )
    return thenScale(flow, affine, refuse)
  },
  delay: late,
  learnableDelay: late,
  averagePool: pooled,
  globalAveragePool: pooled,
  adaptiveAveragePool: pooled,
  relu(_, { refuse }) {
    throw refuse('an activation of an ordinary network', 'Convert the network first.')
  },
}

/**
 * What a layer without neurons does to a value between neurons. `from` and `shape` are the shapes of a sample before
 * and behind it; of a sum of several inputs, `flow` holds the ways of all of them.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do
 */
export async function addLayer(
  flow: Flow,
  { name, layer }: NetworkNode,
  from: readonly number[],
  shape: readonly number[],
): Promise<Flow> {
  const refuse: Refuse = (reason, fix) => cannotExport(name, layer.kind, reason, fix)
  const step = Object.hasOwn(steps, layer.kind) ? (steps[layer.kind as LayerName] as Step<Layer>) : undefined
  if (!step)
    throw refuse('the chip has nothing for it', 'Use linear, conv2d, batchNorm, average pooling, flatten and neurons.')
  return await step(layer, { flow, name, from, shape, refuse })
}

async function convOf(layer: LayerOf<'conv'>, refuse: Refuse): Promise<ConvMap> {
  const { weight, bias } = await weightsOf(layer)
  const weightShape = layer.variables['weight']!.shape as [number, number, number, number]
  if (weightShape.length !== 4) throw refuse(`a convolution over ${weightShape.length - 2} axes`, 'Use conv2d.')
  const { stride, dilation, groups, padding } = layer.config
  return {
    kind: 'conv',
    weight,
    weightShape,
    bias: bias ?? new Float64Array(weightShape[0]),
    stride: pair(stride),
    padding: symmetric(padding, refuse),
    dilation: pair(dilation),
    groups,
    pool: false,
  }
}

/** A convolution behind pooling as one. */
function convAfter(
  map: LinearMap,
  next: LinearMap,
  { inputShape }: Term,
  shape: readonly number[],
  refuse: Refuse,
): LinearMap {
  if (next.kind !== 'conv' || !isPool(map))
    throw refuse('it follows another layer with weights without neurons between', 'Put neurons between.')
  const whole = map.stride.every((s, axis) => s === map.weightShape[2 + axis] && inputShape[1 + axis]! % s === 0)
  if (map.padding.some((p) => p > 0) || (next.padding.some((p) => p > 0) && !whole))
    throw refuse(
      'padding around pooled values whose windows overlap or leave something out',
      'Pool in windows that fit, or put neurons between.',
    )
  const merged = poolThenConv(map, next)
  if (convShape(merged, inputShape).some((n, axis) => n !== shape[axis]))
    throw refuse('pooling that leaves a rest', 'Pool in windows that fit, or put neurons between.')
  return merged
}

async function allOf({ variables }: Layer, names: readonly string[]): Promise<Readonly<Record<string, Float64Array>>> {
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, Float64Array.from(await variables[name]!.data())] as const)),
  )
}

async function weightsOf(
  layer: Layer,
): Promise<{ readonly weight: Float64Array; readonly bias: Float64Array | undefined }> {
  const { weight, bias } = await allOf(layer, 'bias' in layer.variables ? ['weight', 'bias'] : ['weight'])
  return { weight: weight!, bias }
}
