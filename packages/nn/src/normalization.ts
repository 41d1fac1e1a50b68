import { variable, zerosVariable, type Shape, type Variable } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { check, checkGroups, checkPositive, checkSizes } from './check.js'
import type { StatefulLayer, StatelessLayer, Variables } from './layer.js'
import { batchNormLayer, groupNormLayer, layerNormLayer, type BatchNormConfig } from './layers/norm.js'
import { batchNormThroughTimeLayer, temporalEffectiveBatchNormLayer } from './layers/temporal-norm.js'

export interface BatchNormOptions {
  /** Default 1e-5. */
  readonly epsilon?: number
  /** Weight of the new statistics in the running ones. Default 0.1. */
  readonly momentum?: number
}

function filled(name: string, shape: Shape, value: number): Variable {
  return value === 0
    ? zerosVariable(shape, { name })
    : variable({ data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(value), shape }, { name })
}

/** `spatial`: how many axes x may have after the channel. */
function configOf(
  operation: string,
  channels: number,
  spatial: readonly number[],
  options: BatchNormOptions,
  others: readonly string[] = [],
): BatchNormConfig {
  checkOptions(operation, options, ['epsilon', 'momentum', ...others])
  const { epsilon = 1e-5, momentum = 0.1 } = options
  checkSizes(operation, { channels })
  checkPositive(operation, { epsilon })
  check(operation, 'momentum', momentum, momentum >= 0 && momentum <= 1, 'a number from 0 to 1')
  return { epsilon, momentum, spatial }
}

/** weight, bias, mean and variance [channels]. */
function statistics(kind: string, channels: number, weight = 1): Variables {
  const all = (name: string, value: number) => filled(`${kind}.${name}`, [channels], value)
  return { weight: all('weight', weight), bias: all('bias', 0), mean: all('mean', 0), variance: all('variance', 1) }
}

function batchNorm(
  operation: string,
  channels: number,
  spatial: readonly number[],
  options: BatchNormOptions,
): StatelessLayer {
  const config = configOf(operation, channels, spatial, options)
  return batchNormLayer(config, statistics('batchNorm', channels))
}

/** Batch normalisation (Ioffe and Szegedy 2015) of x [.., channels] or [.., channels, L]. See `batchNormLayer`. */
export function batchNorm1d(channels: number, options: BatchNormOptions = {}): StatelessLayer {
  return batchNorm('batchNorm1d', channels, [0, 1], options)
}

/** Batch normalisation (Ioffe and Szegedy 2015) of x [.., channels, H, W]. See `batchNormLayer`. */
export function batchNorm2d(channels: number, options: BatchNormOptions = {}): StatelessLayer {
  return batchNorm('batchNorm2d', channels, [2], options)
}

/** Batch normalisation (Ioffe and Szegedy 2015) of x [.., channels, D, H, W]. See `batchNormLayer`. */
export function batchNorm3d(channels: number, options: BatchNormOptions = {}): StatelessLayer {
  return batchNorm('batchNorm3d', channels, [3], options)
}

export interface ThresholdDependentOptions extends BatchNormOptions {
  /** Share of the threshold; 1 / sqrt 2 for a branch that is added to another. Default 1. */
  readonly alpha?: number
  /** Threshold of the neurons that follow. Default 1. */
  readonly threshold?: number
}

/** The layer is a `batchNorm`; only its first weight is another. */
function thresholdDependent(
  operation: string,
  channels: number,
  spatial: readonly number[],
  options: ThresholdDependentOptions,
): StatelessLayer {
  const config = configOf(operation, channels, spatial, options, ['alpha', 'threshold'])
  const { alpha = 1, threshold = 1 } = options
  checkPositive(operation, { alpha, threshold })
  return batchNormLayer(config, statistics('batchNorm', channels, alpha * threshold))
}

/**
 * Batch normalisation whose weight starts at alpha threshold, so that inputs to neurons have the size of their
 * threshold (Zheng et al., AAAI 2021: threshold-dependent batch normalisation, tdBN). x [.., channels] or [..,
 * channels, L].
 */
export function thresholdDependentBatchNorm1d(
  channels: number,
  options: ThresholdDependentOptions = {},
): StatelessLayer {
  return thresholdDependent('thresholdDependentBatchNorm1d', channels, [0, 1], options)
}

/** `thresholdDependentBatchNorm1d` of x [.., channels, H, W]. */
export function thresholdDependentBatchNorm2d(
  channels: number,
  options: ThresholdDependentOptions = {},
): StatelessLayer {
  return thresholdDependent('thresholdDependentBatchNorm2d', channels, [2], options)
}

/** `thresholdDependentBatchNorm1d` of x [.., channels, D, H, W]. */
export function thresholdDependentBatchNorm3d(
  channels: number,
  options: ThresholdDependentOptions = {},
): StatelessLayer {
  return thresholdDependent('thresholdDependentBatchNorm3d', channels, [3], options)
}

export interface StepwiseNormOptions extends BatchNormOptions {
  /** Number of steps that have parameters of their own. */
  readonly T: number
}

function temporalEffective(
  operation: string,
  channels: number,
  spatial: readonly number[],
  options: StepwiseNormOptions,
): StatefulLayer {
  const config = configOf(operation, channels, spatial, options, ['T'])
  const { T } = options
  checkSizes(operation, { T })
  return temporalEffectiveBatchNormLayer(config, {
    ...statistics('temporalEffectiveBatchNorm', channels),
    scale: filled('temporalEffectiveBatchNorm.scale', [T], 1),
  })
}

/**
 * Temporal effective batch normalisation of x [.., channels] or [.., channels, L]. See
 * `temporalEffectiveBatchNormLayer`.
 */
export function temporalEffectiveBatchNorm1d(channels: number, options: StepwiseNormOptions): StatefulLayer {
  return temporalEffective('temporalEffectiveBatchNorm1d', channels, [0, 1], options)
}

/** Temporal effective batch normalisation of x [.., channels, H, W]. See `temporalEffectiveBatchNormLayer`. */
export function temporalEffectiveBatchNorm2d(channels: number, options: StepwiseNormOptions): StatefulLayer {
  return temporalEffective('temporalEffectiveBatchNorm2d', channels, [2], options)
}

/** Temporal effective batch normalisation of x [.., channels, D, H, W]. See `temporalEffectiveBatchNormLayer`. */
export function temporalEffectiveBatchNorm3d(channels: number, options: StepwiseNormOptions): StatefulLayer {
  return temporalEffective('temporalEffectiveBatchNorm3d', channels, [3], options)
}

function throughTime(
  operation: string,
  channels: number,
  spatial: readonly number[],
  options: StepwiseNormOptions,
): StatefulLayer {
  const config = configOf(operation, channels, spatial, options, ['T'])
  const { T } = options
  checkSizes(operation, { T })
  const all = (name: string, value: number) => filled(`batchNormThroughTime.${name}`, [T, channels], value)
  return batchNormThroughTimeLayer(config, {
    weight: all('weight', 1),
    mean: all('mean', 0),
    variance: all('variance', 1),
  })
}

/** Batch normalisation through time of x [.., channels] or [.., channels, L]. See `batchNormThroughTimeLayer`. */
export function batchNormThroughTime1d(channels: number, options: StepwiseNormOptions): StatefulLayer {
  return throughTime('batchNormThroughTime1d', channels, [0, 1], options)
}

/** Batch normalisation through time of x [.., channels, H, W]. See `batchNormThroughTimeLayer`. */
export function batchNormThroughTime2d(channels: number, options: StepwiseNormOptions): StatefulLayer {
  return throughTime('batchNormThroughTime2d', channels, [2], options)
}

/** Batch normalisation through time of x [.., channels, D, H, W]. See `batchNormThroughTimeLayer`. */
export function batchNormThroughTime3d(channels: number, options: StepwiseNormOptions): StatefulLayer {
  return throughTime('batchNormThroughTime3d', channels, [3], options)
}

export interface NormOptions {
  /** Default 1e-5. */
  readonly epsilon?: number
}

/** Layer normalisation (Ba et al. 2016) over the last axes of a sample, which have `shape`. See `layerNormLayer`. */
export function layerNorm(shape: number | Shape, options: NormOptions = {}): StatelessLayer {
  checkOptions('layerNorm', options, ['epsilon'])
  const { epsilon = 1e-5 } = options
  const own = typeof shape === 'number' ? [shape] : Array.isArray(shape) ? [...(shape as Shape)] : []
  check(
    'layerNorm',
    'shape',
    shape,
    own.length > 0 && own.every((n) => Number.isSafeInteger(n) && n > 0),
    'positive whole numbers',
  )
  checkPositive('layerNorm', { epsilon })
  return layerNormLayer(
    { epsilon, axes: own.length },
    { weight: filled('layerNorm.weight', own, 1), bias: filled('layerNorm.bias', own, 0) },
  )
}

/**
 * Group normalisation (Wu and He 2018) of x [.., channels, spatial]. See `groupNormLayer`. Throws `ARGUMENT` unless
 * `groups` divides the channels.
 */
export function groupNorm(groups: number, channels: number, options: NormOptions = {}): StatelessLayer {
  checkOptions('groupNorm', options, ['epsilon'])
  const { epsilon = 1e-5 } = options
  checkGroups('groupNorm', groups, { channels })
  checkPositive('groupNorm', { epsilon })
  return groupNormLayer(
    { epsilon, groups },
    { weight: filled('groupNorm.weight', [channels], 1), bias: filled('groupNorm.bias', [channels], 0) },
  )
}
