import { loader, storer } from './access.js'
import {
  i32,
  plain,
  word,
  type Lanes,
  type Operation,
  type Plain,
  type Type,
  type Value,
  type Vector,
  type Word,
} from './instruction.js'

export type Vec = Value<'v128'>

const simd = (name: string, code: number, align?: number): Operation => ({
  name,
  code: [0xfd, ...(code < 0x80 ? [code] : [(code & 0x7f) | 0x80, 1])],
  ...(align !== undefined && { align }),
})

export const loadVector = loader('v128', simd('v128.load', 0x00, 4))
/** Four bytes into the lowest lane, and zeros. */
export const loadLowest = loader('v128', simd('v128.load32_zero', 0x5c, 2))
/** Four bytes into each lane. */
export const loadSplat = loader('v128', simd('v128.load32_splat', 0x09, 2))
export const storeVector = storer<'v128'>(simd('v128.store', 0x0b, 4))

const [loadByteLane, loadFourLane, storeFourLane] = [
  simd('v128.load8_lane', 0x54, 0),
  simd('v128.load32_lane', 0x56, 2),
  simd('v128.store32_lane', 0x5a, 2),
]
/** Bytes in memory as one lane of a vector, whose others stay. */
export const loadLane = (bytes: 1 | 4, lane: number, at: Word, vector: Vec, offset?: number): Vec =>
  plain(bytes === 1 ? loadByteLane : loadFourLane, 'v128', [word(at), vector], offset, [lane])
export const storeLane = (lane: number, at: Word, vector: Vec, offset?: number): Plain =>
  plain(storeFourLane, undefined, [word(at), vector], offset, [lane])

function mapCodes<N extends string, F>(
  codes: { readonly [K in N]: number },
  make: (name: N, code: number) => F,
): { readonly [K in N]: F } {
  return Object.fromEntries(Object.entries<number>(codes).map(([name, code]) => [name, make(name as N, code)])) as {
    [K in N]: F
  }
}

function unary<N extends string>(
  type: string,
  codes: { readonly [K in N]: number },
): { readonly [K in N]: (x: Vec) => Vec } {
  return mapCodes(codes, (name, code) => {
    const operation = simd(`${type}.${name}`, code)
    return (x) => plain(operation, 'v128', [x])
  })
}

function binary<N extends string>(
  type: string,
  codes: { readonly [K in N]: number },
): { readonly [K in N]: (x: Vec, y: Vec) => Vec } {
  return mapCodes(codes, (name, code) => {
    const operation = simd(`${type}.${name}`, code)
    return (x, y) => plain(operation, 'v128', [x, y])
  })
}

function shifts<N extends string>(
  type: string,
  codes: { readonly [K in N]: number },
): { readonly [K in N]: (x: Vec, bits: number) => Vec } {
  return mapCodes(codes, (name, code) => {
    const operation = simd(`${type}.${name}`, code)
    return (x, bits) => plain(operation, 'v128', [x, i32(bits)])
  })
}

function splat<T extends Type>(type: string, code: number): (x: Value<T>) => Vec {
  const operation = simd(`${type}.splat`, code)
  return (x) => plain(operation, 'v128', [x])
}

function lane<T extends Type>(name: string, code: number, type: T): (index: number, x: Vec) => Value<T> {
  const operation = simd(name, code)
  return (index, x) => plain(operation, type, [x], 0, [index])
}

function bitmask(type: string, code: number): (x: Vec) => Value<'i32'> {
  const operation = simd(`${type}.bitmask`, code)
  return (x) => plain(operation, 'i32', [x])
}

const bitselect = simd('v128.bitselect', 0x52)
const shuffle = simd('i8x16.shuffle', 0x0d)

export const v128 = {
  ...unary('v128', { not: 0x4d }),
  ...binary('v128', { and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51 }),
}
export const i8x16 = { ...binary('i8x16', { narrow_i16x8_s: 0x65 }), bitmask: bitmask('i8x16', 0x64) }
export const i16x8 = {
  ...unary('i16x8', { extend_low_i8x16_u: 0x89 }),
  ...binary('i16x8', { gt_s: 0x31, narrow_i32x4_s: 0x85, sub: 0x91 }),
  bitmask: bitmask('i16x8', 0x84),
  splat: splat<'i32'>('i16x8', 0x10),
  extract_lane_u: lane('i16x8.extract_lane_u', 0x19, 'i32'),
}
export const i32x4 = {
  ...unary('i32x4', { abs: 0xa0, neg: 0xa1, extend_low_i16x8_u: 0xa9, trunc_sat_f32x4_s: 0xf8 }),
  ...binary('i32x4', {
    eq: 0x37,
    ne: 0x38,
    lt_s: 0x39,
    le_s: 0x3d,
    add: 0xae,
    sub: 0xb1,
    mul: 0xb5,
    min_s: 0xb6,
    max_s: 0xb8,
  }),
  ...shifts('i32x4', { shl: 0xab, shr_s: 0xac, shr_u: 0xad }),
  splat: splat<'i32'>('i32x4', 0x11),
  extract_lane: lane('i32x4.extract_lane', 0x1b, 'i32'),
}
export const i64x2 = {
  ...binary('i64x2', { add: 0xce, extmul_low_i32x4_u: 0xde, extmul_high_i32x4_u: 0xdf }),
  ...shifts('i64x2', { shl: 0xcb }),
}
export const f32x4 = {
  ...unary('f32x4', {
    demote_f64x2_zero: 0x5e,
    floor: 0x68,
    nearest: 0x6a,
    abs: 0xe0,
    neg: 0xe1,
    sqrt: 0xe3,
    convert_i32x4_s: 0xfa,
  }),
  ...binary('f32x4', {
    eq: 0x41,
    ne: 0x42,
    lt: 0x43,
    gt: 0x44,
    le: 0x45,
    add: 0xe4,
    sub: 0xe5,
    mul: 0xe6,
    div: 0xe7,
    min: 0xe8,
    max: 0xe9,
    pmin: 0xea,
    pmax: 0xeb,
  }),
  splat: splat<'f32'>('f32x4', 0x13),
  extract_lane: lane('f32x4.extract_lane', 0x1f, 'f32'),
}
export const f64x2 = {
  ...unary('f64x2', { promote_low_f32x4: 0x5f, floor: 0x75 }),
  ...binary('f64x2', { add: 0xf0, sub: 0xf1, mul: 0xf2, div: 0xf3, pmin: 0xf6, pmax: 0xf7 }),
}

/** `x` in the bits that the mask has, `y` in the others. */
export const select = (mask: Vec, x: Vec, y: Vec): Vec => plain(bitselect, 'v128', [x, y, mask])

/** Which bytes of `x` (0 to 15) and `y` (16 to 31) make up the result. */
export const shuffleBytes = (picked: readonly number[], x: Vec, y = x): Vec => plain(shuffle, 'v128', [x, y], 0, picked)

/** Which 32-bit words of `x` (0 to 3) and `y` (4 to 7) make up the result. */
export const shuffleWords = (picked: readonly number[], x: Vec, y = x): Vec =>
  shuffleBytes(
    picked.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)),
    x,
    y,
  )

/** A number for each lane, or one for all. */
export function vector(lanes: Lanes, ...values: readonly [number, ...number[]]): Vector {
  const count = Number(lanes.split('x')[1])
  return {
    kind: 'vector',
    type: 'v128',
    lanes,
    values: values.length === count ? values : Array.from({ length: count }, () => values[0]),
  }
}

export const zeros: Vector = vector('i32x4', 0)

/** The same number in each lane, from a global. */
export function everywhere(lanes: Lanes, value: number): Vector {
  return { ...vector(lanes, value), kind: 'global' }
}

/** The same text for vectors of the same bits, and for no others. */
export function keyOfVector({ lanes, values }: Vector): string {
  return `${lanes} ${values.map((x) => (Object.is(x, -0) ? '-0' : String(x))).join(' ')}`
}

/** A vector of four elements of the vectors `from`, by their index in all of them. */
export function pick(from: readonly Vec[], elements: readonly number[]): Vec {
  const sources = [...new Set(elements.map((element) => element >> 2))]
  if (sources.length <= 2) {
    const [a, b = a] = sources as [number, number?]
    return shuffleWords(
      elements.map((element) => (element >> 2 === a ? 0 : 4) + (element & 3)),
      from[a]!,
      from[b],
    )
  }
  // each half of its own, then the lower halves of both
  const half = (pair: readonly number[]): Vec => pick(from, [...pair, ...pair])
  return shuffleWords([0, 1, 4, 5], half(elements.slice(0, 2)), half(elements.slice(2)))
}
