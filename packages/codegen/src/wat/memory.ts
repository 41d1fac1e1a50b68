import type { Kind } from '../scalar.js'

/** How many elements one pass of a loop takes: four, or one of those left over, in the first lane. */
export type Lanes = 4 | 1

export function bytesOf(kind: Kind): number {
  return kind === 'float' ? 4 : 1
}

/** A flag is one byte in memory and a mask in registers. */
export function printLoad(kind: Kind, lanes: Lanes, pointer: string): string {
  if (kind === 'float') return lanes === 4 ? `(v128.load ${pointer})` : `(v128.load32_zero ${pointer})`
  if (lanes === 1) return printSplat(kind, pointer)
  return `(i32x4.ne (i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero ${pointer}))) (v128.const i32x4 0 0 0 0))`
}

export function printSplat(kind: Kind, pointer: string): string {
  if (kind === 'float') return `(v128.load32_splat ${pointer})`
  return `(i32x4.ne (i32x4.splat (i32.load8_u ${pointer})) (v128.const i32x4 0 0 0 0))`
}

export function printStore(kind: Kind, lanes: Lanes, pointer: string, value: string): string {
  if (kind === 'float') return lanes === 4 ? `(v128.store ${pointer} ${value})` : `(v128.store32_lane 0 ${pointer} ${value})`
  const bits = `(v128.and ${value} (v128.const i32x4 1 1 1 1))`
  if (lanes === 1) return `(i32.store8 ${pointer} (i32x4.extract_lane 0 ${bits}))`
  return `(i32.store ${pointer} (i32x4.extract_lane 0 (i8x16.narrow_i16x8_u (i16x8.narrow_i32x4_s ${bits} ${bits}) (i16x8.narrow_i32x4_s ${bits} ${bits}))))`
}
