import { concat, conv, formatShape, SnnError } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { checkSequence } from '../axes.js'
import { checkSizes } from '../check.js'
import { drawnWeights } from '../initialize.js'
import { defineLayer, type LayerKind, type StatelessLayer, type Variables } from '../layer.js'
import { reluLayer } from '../layers/activation.js'
import type { Network } from '../network.js'
import { sequential } from '../sequential.js'
import { gated, gateWeights } from './axis-gate.js'

export interface GateOptions {
  /** How many times narrower the hidden layer is. Default 16. */
  readonly reduction?: number
}

const temporal = defineLayer<{ readonly T: number }, 'temporalAttention'>(
  'temporalAttention',
  ([x], { T }, weights, context) => {
    checkSequence('temporalAttention', context)
    if (x.shape.length < 3 || x.shape[0] !== T) throw wrongShape('temporalAttention', x.shape, `[${T},N,..]`)
    return gated(x, 0, weights)
  },
)

/**
 * One factor for each step, over given arrays `squeeze` [T / reduction, T] and `excite` [T, T / reduction]. See
 * `temporalAttention`.
 */
export const temporalAttentionLayer: LayerKind<{ readonly T: number }, 'temporalAttention'> = Object.assign(
  (config: { readonly T: number }, variables?: Variables) => ({ ...temporal(config, variables), steps: config.T }),
  { kind: temporal.kind, is: temporal.is },
)

/**
 * One factor for each channel, over given arrays `squeeze` [C / reduction, C] and `excite` [C, C / reduction]. See
 * `channelAttention`.
 */
export const channelAttentionLayer = defineLayer<{ readonly channels: number }, 'channelAttention'>(
  'channelAttention',
  ([x], { channels }, weights, context) => {
    checkSequence('channelAttention', context)
    if (x.shape.length < 3 || x.shape[2] !== channels)
      throw wrongShape('channelAttention', x.shape, `[T,N,${channels},..]`)
    return gated(x, 2, weights)
  },
)

/** One factor for each place, over a given `weight` [1, 2, K, K]. See `spatialAttention`. */
export const spatialAttentionLayer = defineLayer<object, 'spatialAttention'>(
  'spatialAttention',
  ([x], _, { weight }, context) => {
    checkSequence('spatialAttention', context)
    if (x.shape.length !== 5) throw wrongShape('spatialAttention', x.shape, '[T,N,C,H,W]')
    const w = weight!.read()
    const border = (w.shape[2]! - 1) / 2
    const pooled = concat([x.mean([0, 2]).expandDims(1), x.max([0, 2]).expandDims(1)], 1)
    return x.mul(conv(pooled, w, { padding: border }).sigmoid())
  },
)

/**
 * Temporal-wise attention (Yao et al., ICCV 2021): each step of each sample is weighed by all steps,
 *
 *   y[t] = x[t] g[t], g = sigma(W2 relu(W1 mean) + W2 relu(W1 max))
 *
 * where mean and max, of all values of a step, have T entries. x [T, N, ..] for one number of steps T, all at once.
 *
 * @throws `ARGUMENT` unless 1 <= reduction <= T; `SHAPE` for another T and `NEEDS_SEQUENCE` for single steps, when run
 */
export function temporalAttention(T: number, options: GateOptions = {}): StatelessLayer {
  checkOptions('temporalAttention', options, ['reduction'])
  const { reduction = 16 } = options
  checkReduction('temporalAttention', 'T', T, reduction)
  const { variables, initialize } = gateWeights('temporalAttention', T, reduction)
  return { ...temporalAttentionLayer({ T }, variables), initialize }
}

/**
 * The same for channels: y[c] = x[c] g[c], mean and max over all steps and places. x [T, N, C, ..], all steps at once.
 *
 * @throws `ARGUMENT` unless 1 <= reduction <= channels; `SHAPE` for other channels and `NEEDS_SEQUENCE` for single
 * steps, when run
 */
export function channelAttention(channels: number, options: GateOptions = {}): StatelessLayer {
  checkOptions('channelAttention', options, ['reduction'])
  const { reduction = 16 } = options
  checkReduction('channelAttention', 'channels', channels, reduction)
  const { variables, initialize } = gateWeights('channelAttention', channels, reduction)
  return { ...channelAttentionLayer({ channels }, variables), initialize }
}

/**
 * Spatial attention (Woo et al., ECCV 2018): y = x sigma(conv([mean, max])), mean and max over all steps and channels,
 * the convolution K x K without bias and with a border of (K - 1) / 2. x [T, N, C, H, W], all steps at once.
 *
 * @throws `ARGUMENT` for a kernel that is not odd; `SHAPE` and `NEEDS_SEQUENCE` for other inputs, when run
 */
export function spatialAttention(kernel = 3): StatelessLayer {
  checkSizes('spatialAttention', { kernel })
  if (kernel % 2 === 0)
    throw new SnnError(
      'ARGUMENT',
      `[spatialAttention] kernel ${kernel}, expected an odd number, so that the size stays. Take ${kernel + 1}.`,
      { name: 'kernel', value: kernel },
    )
  const { variables, initialize } = drawnWeights(
    'spatialAttention',
    { weight: [1, 2, kernel, kernel] },
    2 * kernel * kernel,
  )
  return { ...spatialAttentionLayer({}, variables), initialize }
}

export interface MultiDimensionalOptions {
  /** Of the temporal attention. Default 16. */
  readonly temporalReduction?: number
  /** Of the channel attention. Default 16. */
  readonly channelReduction?: number
  /** Of the spatial attention. Default 3. */
  readonly kernel?: number
}

/**
 * Multi-dimensional attention (Yao et al., TPAMI 2023): temporal, channel and spatial attention one after the other,
 * then max(x, 0). x [T, N, C, H, W]. Errors as those.
 */
export function multiDimensionalAttention(T: number, channels: number, options: MultiDimensionalOptions = {}): Network {
  checkOptions('multiDimensionalAttention', options, ['temporalReduction', 'channelReduction', 'kernel'])
  const { temporalReduction = 16, channelReduction = 16, kernel = 3 } = options
  return sequential(
    temporalAttention(T, { reduction: temporalReduction }),
    channelAttention(channels, { reduction: channelReduction }),
    spatialAttention(kernel),
    reluLayer({}),
  )
}

function checkReduction(operation: string, name: string, size: number, reduction: number): void {
  checkSizes(operation, { [name]: size, reduction })
  if (reduction <= size) return
  throw new SnnError(
    'ARGUMENT',
    `[${operation}] reduction ${reduction} of ${name} ${size}, expected at most ${size}. Give a smaller reduction.`,
    { name: 'reduction', value: reduction },
  )
}

function wrongShape(kind: string, shape: readonly number[], expected: string): SnnError {
  return new SnnError(
    'SHAPE',
    `[${kind}] input of shape ${formatShape(shape)}, expected ${expected}. Correct the sizes of the layer or of its input.`,
    { shapes: [shape] },
  )
}
