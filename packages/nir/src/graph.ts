import type { Shape } from '@snn/tensor'
import type { NirArray } from './array.js'

/** One number, or one for each spatial axis. */
export type Integers = number | readonly number[]
/** Zeros around each spatial axis; `same` keeps the size at stride 1, `valid` is none. */
export type NirPadding = Integers | 'same' | 'valid'

/** What a tool has to say beside the graph. Whole numbers are stored as int64, others as float64. */
export interface NirMetadata {
  readonly [name: string]: string | number | boolean | readonly string[] | NirArray | NirMetadata
}

interface NodeBase {
  readonly metadata?: NirMetadata
}

/** Where values of this shape come in. */
export interface NirInput extends NodeBase {
  readonly type: 'Input'
  readonly shape: Shape
}

/** Where values of this shape come out. */
export interface NirOutput extends NodeBase {
  readonly type: 'Output'
  readonly shape: Shape
}

/** y = W x + b, with W [.., out, in]. */
export interface NirAffine extends NodeBase {
  readonly type: 'Affine'
  readonly weight: NirArray
  readonly bias: NirArray
}

/** y = W x, with W [.., out, in]. */
export interface NirLinear extends NodeBase {
  readonly type: 'Linear'
  readonly weight: NirArray
}

/** y = s x, element by element. */
export interface NirScale extends NodeBase {
  readonly type: 'Scale'
  readonly scale: NirArray
}

/** Convolution over one axis: W [out, in / groups, kernel], b [out]. */
export interface NirConv1d extends NodeBase {
  readonly type: 'Conv1d'
  /** Length of the spatial axis; null: that of what comes in. */
  readonly input_shape: number | null
  readonly weight: NirArray
  readonly stride: Integers
  readonly padding: NirPadding
  readonly dilation: Integers
  readonly groups: number
  readonly bias: NirArray
}

/** Convolution over two axes: W [out, in / groups, kernel, kernel], b [out]. */
export interface NirConv2d extends NodeBase {
  readonly type: 'Conv2d'
  /** Sizes of the spatial axes; null: those of what comes in. */
  readonly input_shape: readonly number[] | null
  readonly weight: NirArray
  readonly stride: Integers
  readonly padding: NirPadding
  readonly dilation: Integers
  readonly groups: number
  readonly bias: NirArray
}

interface Pool extends NodeBase {
  readonly kernel_size: Integers
  readonly stride: Integers
  readonly padding: Integers
}

/** Sum of each window. */
export interface NirSumPool2d extends Pool {
  readonly type: 'SumPool2d'
}

/** Mean of each window, zeros of the padding counted. */
export interface NirAvgPool2d extends Pool {
  readonly type: 'AvgPool2d'
}

/** Merges the axes from `start_dim` to `end_dim`, the batch not counted. */
export interface NirFlatten extends NodeBase {
  readonly type: 'Flatten'
  /** Shape of what comes in; null: as it comes. */
  readonly input_type: Shape | null
  readonly start_dim: number
  readonly end_dim: number
}

/** y(t) = x(t - delay), in seconds. */
export interface NirDelay extends NodeBase {
  readonly type: 'Delay'
  readonly delay: NirArray
}

/** y = 1 where x > threshold, else 0. */
export interface NirThreshold extends NodeBase {
  readonly type: 'Threshold'
  readonly threshold: NirArray
}

/** Integrator: dv/dt = R I. Its output is v. */
export interface NirI extends NodeBase {
  readonly type: 'I'
  readonly r: NirArray
}

/** Integrate-and-fire: dv/dt = R I; a spike where v > v_threshold, then v = v_reset. */
export interface NirIF extends NodeBase {
  readonly type: 'IF'
  readonly r: NirArray
  readonly v_threshold: NirArray
  readonly v_reset: NirArray
}

/** Leaky integrator: tau dv/dt = (v_leak - v) + R I. Its output is v. */
export interface NirLI extends NodeBase {
  readonly type: 'LI'
  readonly tau: NirArray
  readonly r: NirArray
  readonly v_leak: NirArray
}

/** Leaky integrate-and-fire: as LI; a spike where v > v_threshold, then v = v_reset. */
export interface NirLIF extends NodeBase {
  readonly type: 'LIF'
  readonly tau: NirArray
  readonly r: NirArray
  readonly v_leak: NirArray
  readonly v_threshold: NirArray
  readonly v_reset: NirArray
}

/** LI behind a synapse: tau_syn dI/dt = -I + w_in S, tau_mem dv/dt = (v_leak - v) + R I. Its output is v. */
export interface NirCubaLI extends NodeBase {
  readonly type: 'CubaLI'
  readonly tau_syn: NirArray
  readonly tau_mem: NirArray
  readonly r: NirArray
  readonly v_leak: NirArray
  readonly w_in: NirArray
}

/** LIF behind a synapse: as CubaLI; a spike where v > v_threshold, then v = v_reset. */
export interface NirCubaLIF extends NodeBase {
  readonly type: 'CubaLIF'
  readonly tau_syn: NirArray
  readonly tau_mem: NirArray
  readonly r: NirArray
  readonly v_leak: NirArray
  readonly v_threshold: NirArray
  readonly v_reset: NirArray
  readonly w_in: NirArray
}

/**
 * Nodes by name, and edges from name to name; values that meet in a node are added. A node may be a graph itself, and
 * edges may go in circles.
 */
export interface NirGraph extends NodeBase {
  readonly type: 'NIRGraph'
  readonly nodes: Readonly<Record<string, NirNode>>
  readonly edges: readonly (readonly [from: string, to: string])[]
  /** Of the outermost graph: the version of `nir` that the file names. */
  readonly version?: string
}

/** The neurons and integrators, which have a state. */
export type NirNeuron = NirI | NirIF | NirLI | NirLIF | NirCubaLI | NirCubaLIF

/** A node of NIR as plain data, told apart by `type`. */
export type NirNode =
  | NirInput
  | NirOutput
  | NirAffine
  | NirLinear
  | NirScale
  | NirConv1d
  | NirConv2d
  | NirSumPool2d
  | NirAvgPool2d
  | NirFlatten
  | NirDelay
  | NirThreshold
  | NirNeuron
  | NirGraph

/** The types of NIR's nodes. */
export type NirNodeType = NirNode['type']
/** The node of a type. */
export type NirNodeOf<T extends NirNodeType> = Extract<NirNode, { readonly type: T }>
