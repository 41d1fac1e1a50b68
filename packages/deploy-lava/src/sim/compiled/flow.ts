import { SnnError, type DType, type Tensor } from '@snn/tensor'

/**
 * Whole numbers in a program, with the largest magnitude that they can have, which decides what they are kept in: below
 * 2^24 every sum of them is exact in float32, in whatever order it is made; else int32, which wraps as Lava's numbers
 * do.
 */
export interface Flow {
  readonly value: Tensor
  readonly bound: number
  /** Whether all of them are 0 or 1. */
  readonly spikes?: boolean
}

/** What is known of numbers before there is a program. */
export interface FlowKind {
  readonly dtype: DType
  readonly bound: number
  readonly spikes: boolean
}

/** Whole numbers up to here are exact in float32. */
export const exactFloat = 2 ** 24

export const asFloat = ({ value }: Flow): Tensor => (value.dtype === 'float32' ? value : value.cast('float32'))
export const asInteger = ({ value }: Flow): Tensor => (value.dtype === 'int32' ? value : value.cast('int32'))

/** What arrives at one port. */
export function addFlows(flows: readonly Flow[]): Flow {
  if (flows.length === 1) return flows[0]!
  const bound = flows.reduce((sum, flow) => sum + flow.bound, 0)
  const values = flows.map(bound < exactFloat ? asFloat : asInteger)
  return { value: values.slice(1).reduce((sum, value) => sum.add(value), values[0]!), bound: Math.min(bound, 2 ** 31) }
}

/** x / 2^k rounding down, of whole numbers in float32 or int32. */
export function shiftDown(x: Tensor, k: number): Tensor {
  if (k === 0) return x
  if (x.dtype === 'float32') return x.mul(2 ** -k).floor()
  if (k > 30) return x.lt(0).cast('int32').neg()
  return x.sub(x.mod(2 ** k)).div(2 ** k)
}

/** x 2^k in int32, the upper bits lost. */
export function shiftUp(x: Tensor, k: number): Tensor {
  if (k >= 32) return x.mul(0)
  return k > 30 ? x.mul(2 ** 30).mul(2 ** (k - 30)) : k === 0 ? x : x.mul(2 ** k)
}

/**
 * x factor / 2^bits, cut toward zero, without leaving 32 bits (or, in float32, 24): |x| = h 2^bits + l, so that the
 * result is h factor + floor(l factor / 2^bits). Needs |factor| <= 2^bits; in float32 2^bits |factor| <= 2^24 and |x|
 * <= 2^24 too.
 */
export function scaleCut(x: Tensor, factor: Tensor | number, bits: number): Tensor {
  if (factor === 0) return x.mul(0)
  if (factor === 2 ** bits) return x
  const magnitude = x.abs()
  const high = shiftDown(magnitude, bits)
  const low = magnitude.sub(high.mul(2 ** bits))
  return x.sign().mul(high.mul(factor).add(shiftDown(low.mul(factor), bits)))
}

/** The error for what only the plain simulator can run. */
export function onlyPlain(process: string, reason: string): SnnError<'CONVERT_UNSUPPORTED'> {
  const fix = 'Use the plain simulator: simulator(graph), or steps without a backend.'
  return new SnnError('CONVERT_UNSUPPORTED', `[compileSimulator] ${process}: ${reason}. ${fix}`, {
    layers: [{ name: process, kind: 'process', reason, fix }],
  })
}
