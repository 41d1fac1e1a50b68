import type { Layer, LayerName, LayerOf } from '@snn/nn'
import { sameShape, sizeOf, type Shape } from '@snn/tensor'
import type { NirArray } from './array.js'
import { broadcast, constant, mapped, type DescribedLayer } from './described-layer.js'
import type { NirNode, NirPadding } from './graph.js'
import type { SumPoolConfig } from './layers.js'
import type { Refused } from './neuron-node.js'

type Maker<L extends Layer = Layer> = (layer: DescribedLayer<L>, dt: number) => readonly NirNode[] | Refused

/** Makers for layers of `@snn/nn`, and for those that NIR alone has. */
type Makers = { readonly [K in LayerName]?: Maker<LayerOf<K>> } & {
  readonly batchedLinear: Maker
  readonly sumPool: Maker<Layer & { readonly config: SumPoolConfig }>
  readonly elementwiseDelay: Maker
}

type Sizes = readonly number[]
type Borders = readonly (readonly [number, number])[]

/** No reader of NIR has the maximum of windows. */
const maximum: Maker = () => ({
  reason: 'the maximum of windows, which NIR cannot say',
  fix: 'Train with average pooling, or convert with the target nir, which takes a mean and neurons that fire where any of its window does.',
})

/** Nodes of the layers without neurons, by their kind: none where a layer does nothing. */
const makers: Makers = {
  linear({ arrays, input }) {
    const lead = input.slice(0, -1)
    const each = (array: NirArray, axes: Shape): NirArray =>
      lead.length === 0 ? array : broadcast(array, [...lead, ...axes])
    return [
      dense(
        each(arrays['weight']!, arrays['weight']!.shape),
        arrays['bias'] && each(arrays['bias'], arrays['bias'].shape),
      ),
    ]
  },
  batchedLinear: ({ arrays }) => [dense(arrays['weight']!, arrays['bias'])],
  conv({ layer, arrays, input }) {
    const weight = arrays['weight']!
    const kernel = weight.shape.slice(2)
    if (kernel.length > 2)
      return {
        reason: `a convolution over ${kernel.length} axes, and NIR has those over one and two`,
        fix: 'Take axes into channels.',
      }
    const { stride, dilation, groups, padding } = layer.config
    const zeros: NirPadding | undefined =
      symmetric(padding) ??
      (stride.every((n) => n === 1) && sameShape(input.slice(1), windowed(input.slice(1), kernel, padding, dilation))
        ? 'same'
        : undefined)
    if (zeros === undefined)
      return {
        reason: `the padding ${JSON.stringify(padding)}, and that of NIR is alike on both sides`,
        fix: 'Pad alike on both sides.',
      }
    const shared = {
      weight,
      stride,
      padding: zeros,
      dilation,
      groups,
      bias: arrays['bias'] ?? constant(0, [weight.shape[0]!]),
    }
    return [
      kernel.length === 1
        ? { type: 'Conv1d', input_shape: input[1]!, ...shared }
        : { type: 'Conv2d', input_shape: input.slice(1), ...shared },
    ]
  },
  averagePool({ layer }) {
    const { kernel, stride, padding, countIncludePad } = layer.config
    const zeros = symmetric(padding)
    if (kernel.length !== 2) return onlyTwo('mean')
    if (!zeros || (!countIncludePad && zeros.some((n) => n > 0)))
      return {
        reason: 'a mean whose padding is not counted, or not alike on both sides',
        fix: 'Pad alike on both sides, and count the padding.',
      }
    return [{ type: 'AvgPool2d', kernel_size: kernel, stride, padding: zeros }]
  },
  sumPool({ layer }) {
    const { kernel, stride, padding } = layer.config
    return [{ type: 'SumPool2d', kernel_size: kernel, stride, padding: symmetric(padding)! }]
  },
  globalAveragePool: ({ input }) =>
    input.length === 3
      ? [{ type: 'AvgPool2d', kernel_size: input.slice(1), stride: input.slice(1), padding: [0, 0] }]
      : onlyTwo('mean'),
  adaptiveAveragePool({ input, output }) {
    if (input.length !== 3) return onlyTwo('mean')
    const kernel = input.slice(1).map((n, i) => n / output[i + 1]!)
    if (!kernel.every(Number.isInteger))
      return {
        reason: `means over windows of different sizes, from [${input.join(',')}] to [${output.join(',')}]`,
        fix: 'Take a size that divides that of the input.',
      }
    return [{ type: 'AvgPool2d', kernel_size: kernel, stride: kernel, padding: [0, 0] }]
  },
  flatten: merging,
  reshape: merging,
  constant({ layer, arrays, input }) {
    const { function: operation, swap } = layer.config
    if ((operation !== 'mul' && operation !== 'div') || (operation === 'div' && swap))
      return {
        reason: `the function '${operation}' of a constant, and NIR has the product alone`,
        fix: 'Take it into a bias or a threshold.',
      }
    const operand = broadcast(arrays['operand']!, input)
    return [{ type: 'Scale', scale: operation === 'mul' ? operand : mapped(operand, (value) => 1 / value) }]
  },
  delay: ({ layer, input }, dt) => [{ type: 'Delay', delay: constant(layer.config.steps * dt, input) }],
  learnableDelay({ arrays, layer, input }, dt) {
    const most = layer.config.max
    const steps = { ...arrays['delay']!, shape: [arrays['delay']!.data.length, ...input.slice(1).map(() => 1)] }
    return [
      {
        type: 'Delay',
        delay: broadcast(
          mapped(steps, (own) => Math.min(most, Math.max(0, own)) * dt),
          input,
        ),
      },
    ]
  },
  maxPool: maximum,
  globalMaxPool: maximum,
  spikingMaxPool: maximum,
  spikingGlobalMaxPool: maximum,
  batchNorm: () => ({
    reason: 'batch normalisation, which NIR cannot say',
    fix: 'Export with { foldBatchNorm: true }, which takes it into the linear layer or convolution right before it, where nothing else takes what comes out of that.',
  }),
  transpose: () => ({
    reason: 'a change of the order of axes, which NIR cannot say',
    fix: 'Take it into the weights of the linear layer behind it, as a conversion for a chip does.',
  }),
  elementwiseDelay: ({ arrays, input }, dt) => [
    {
      type: 'Delay',
      delay: broadcast(
        mapped(arrays['steps']!, (own) => own * dt),
        input,
      ),
    },
  ],
}

/** The nodes of a layer that is no neuron, one after the other, or why it has none. */
export function layerNodes(layer: DescribedLayer, dt: number): readonly NirNode[] | Refused {
  const maker = Object.hasOwn(makers, layer.layer.kind)
    ? (makers[layer.layer.kind as keyof Makers] as Maker)
    : undefined
  return (
    maker?.(layer, dt) ?? {
      reason: `the kind '${layer.layer.kind}', which NIR cannot say`,
      fix: `Use layers such as ${Object.keys(makers).slice(0, 6).join(', ')}, and neurons that fire once a step and reset to a value.`,
    }
  )
}

function dense(weight: NirArray, bias: NirArray | undefined): NirNode {
  return bias ? { type: 'Affine', weight, bias } : { type: 'Linear', weight }
}

function symmetric(padding: Borders): Sizes | undefined {
  return padding.every(([low, high]) => low === high) ? padding.map(([low]) => low) : undefined
}

/** Sizes behind a window at stride 1. */
function windowed(sizes: Shape, kernel: Sizes, padding: Borders, dilation: Sizes): Shape {
  return sizes.map((n, i) => n + padding[i]![0] + padding[i]![1] - dilation[i]! * (kernel[i]! - 1))
}

function onlyTwo(what: string): Refused {
  return {
    reason: `a ${what} over another number of axes than two, which NIR cannot say`,
    fix: 'Give its input two spatial axes.',
  }
}

/** A Flatten where neighbouring axes become one, nothing where the shape stays. */
function merging({ input, output }: DescribedLayer): readonly NirNode[] | Refused {
  if (sameShape(input, output)) return []
  for (let start = 0; start < input.length; start++) {
    for (let end = start + 1; end < input.length; end++) {
      const merged = [...input.slice(0, start), sizeOf(input.slice(start, end + 1)), ...input.slice(end + 1)]
      if (sameShape(merged, output))
        return [{ type: 'Flatten', input_type: input, start_dim: start, end_dim: end === input.length - 1 ? -1 : end }]
    }
  }
  return {
    reason: `a reshaping from [${input.join(',')}] to [${output.join(',')}], and NIR merges neighbouring axes alone`,
    fix: 'Leave the axes as they are, or flatten them.',
  }
}
