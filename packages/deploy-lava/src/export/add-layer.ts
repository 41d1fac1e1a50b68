import type { Layer, NetworkNode } from '@snn/nn'
import { sizeOf, type Padding } from '@snn/tensor'
import { affineOf } from './affine.js'
import { thenMap, thenScale, thenTranspose, type Flow, type Term } from './flow.js'
import { convShape, denseThenDense, isPool, poolThenConv, poolThenDense, type ConvMap, type LinearMap } from './linear-map.js'
import { averagePoolOf, symmetric } from './pooling.js'
import { cannotExport } from './refuse.js'

/**
 * What a layer without neurons does to a value between neurons. `from` and `shape` are the shapes of a sample before and behind it; of a sum of several
 * inputs, `flow` holds the ways of all of them.
 *
 * @throws `CONVERT_UNSUPPORTED` naming the layer and what to do
 */
export async function addLayer(flow: Flow, { name, layer }: NetworkNode, from: readonly number[], shape: readonly number[]): Promise<Flow> {
  const { kind, config } = layer
  const refuse = (reason: string, fix: string): Error => cannotExport(name, kind, reason, fix)
  switch (kind) {
    case 'flatten':
    case 'dropout':
    case 'add':
      return flow
    case 'reshape':
      if (shape.length === 1) return flow
      throw refuse(`a reshape to [${shape.join(',')}]`, 'Leave it out.')
    case 'transpose': {
      const { permutation } = config as unknown as { readonly permutation: readonly number[] }
      return thenTranspose(flow, permutation.map((axis) => (axis < 0 ? axis + from.length : axis)), from)
    }
    case 'linear': {
      const { weight, bias } = await weightsOf(layer)
      const [outputs, inputs] = layer.variables['weight']!.shape as [number, number]
      if (from.length !== 1) throw refuse(`it takes [${from.join(',')}]`, 'Put a flatten layer before.')
      return thenMap(flow, name, { kind: 'dense', weight, bias: bias ?? new Float64Array(outputs), outputs, inputs }, refuse, (map, next, { inputShape }) => {
        if (next.kind === 'dense' && map.kind === 'dense') return denseThenDense(map, next)
        if (next.kind === 'dense' && isPool(map) && inputShape.length === 3) return poolThenDense(map, inputShape as [number, number, number], convShape(map, inputShape), next)
        throw refuse('it follows a convolution without neurons between', 'Put neurons between.')
      })
    }
    case 'conv':
      return thenMap(flow, name, await convOf(layer, refuse), refuse, (map, next, term) => convAfter(map, next, term, shape, refuse))
    case 'batchNorm': {
      const { weight, bias, mean, variance } = await allOf(layer, ['weight', 'bias', 'mean', 'variance'])
      const area = sizeOf(shape) / weight!.length
      const each = (of: (channel: number) => number): Float64Array => Float64Array.from({ length: sizeOf(shape) }, (_, element) => of(Math.floor(element / area)))
      const scale = weight!.map((w, channel) => w / Math.sqrt(variance![channel]! + (config['epsilon'] as number)))
      return thenScale(flow, { scale: each((channel) => scale[channel]!), shift: each((channel) => bias![channel]! - mean![channel]! * scale[channel]!) }, refuse)
    }
    case 'constant': {
      const affine = await affineOf(layer, shape)
      if (!affine) throw refuse(`'${String(config['function'])}' with a constant, which no weights do`, 'Use sums and products of constants.')
      return thenScale(flow, affine, refuse)
    }
    case 'averagePool':
    case 'globalAveragePool':
    case 'adaptiveAveragePool':
      if (from.length !== 3) throw refuse(`pooling of [${from.join(',')}]`, 'Pool over two axes.')
      return thenMap(flow, name, averagePoolOf(layer, from as [number, number, number], shape, refuse), refuse, () => {
        throw refuse('it follows weights without neurons between', 'Put it behind the neurons.')
      })
    case 'relu':
      throw refuse('an activation of an ordinary network', 'Convert the network first.')
    default:
      throw refuse('the chip has nothing for it', 'Use linear, conv2d, batchNorm, average pooling, flatten and neurons.')
  }
}

async function convOf(layer: Layer, refuse: (reason: string, fix: string) => Error): Promise<ConvMap> {
  const { weight, bias } = await weightsOf(layer)
  const weightShape = layer.variables['weight']!.shape as [number, number, number, number]
  if (weightShape.length !== 4) throw refuse(`a convolution over ${weightShape.length - 2} axes`, 'Use conv2d.')
  const { stride, dilation, groups, padding } = layer.config as unknown as { readonly stride: [number, number]; readonly dilation: [number, number]; readonly groups: number; readonly padding: readonly Padding[] }
  return { kind: 'conv', weight, weightShape, bias: bias ?? new Float64Array(weightShape[0]), stride, padding: symmetric(padding, refuse), dilation, groups, pool: false }
}

/** A convolution behind pooling as one. */
function convAfter(map: LinearMap, next: LinearMap, { inputShape }: Term, shape: readonly number[], refuse: (reason: string, fix: string) => Error): LinearMap {
  if (next.kind !== 'conv' || !isPool(map)) throw refuse('it follows another layer with weights without neurons between', 'Put neurons between.')
  const whole = map.stride.every((s, axis) => s === map.weightShape[2 + axis] && inputShape[1 + axis]! % s === 0)
  if (map.padding.some((p) => p > 0) || (next.padding.some((p) => p > 0) && !whole)) throw refuse('padding around pooled values whose windows overlap or leave something out', 'Pool in windows that fit, or put neurons between.')
  const merged = poolThenConv(map, next)
  if (convShape(merged, inputShape).some((n, axis) => n !== shape[axis])) throw refuse('pooling that leaves a rest', 'Pool in windows that fit, or put neurons between.')
  return merged
}

async function allOf({ variables }: Layer, names: readonly string[]): Promise<Readonly<Record<string, Float64Array>>> {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, Float64Array.from(await variables[name]!.data())] as const)))
}

async function weightsOf(layer: Layer): Promise<{ readonly weight: Float64Array; readonly bias: Float64Array | undefined }> {
  const { weight, bias } = await allOf(layer, 'bias' in layer.variables ? ['weight', 'bias'] : ['weight'])
  return { weight: weight!, bias }
}
