import type { Kind } from '../scalar.js'
import { pick } from './text.js'

/** How many elements are computed at once: four, or one of those left over, in the first lane. */
export type Lanes = 4 | 1

const mask = (flags: string): string => `(i32x4.ne ${flags} (v128.const i32x4 0 0 0 0))`

/** Elements in memory as lanes, from `offset` bytes behind the pointer: a byte is widened, a flag becomes a mask. */
export function printLoad(kind: Kind, lanes: Lanes, pointer: string, offset = 0): string {
  if (kind === 'float' || kind === 'int') return lanes === 4 ? `(v128.load offset=${offset} ${pointer})` : `(v128.load32_zero offset=${offset} ${pointer})`
  if (lanes === 1) return printSplat(kind, pointer, offset)
  const wide = `(i32x4.extend_low_i16x8_u (i16x8.extend_low_i8x16_u (v128.load32_zero offset=${offset} ${pointer})))`
  return kind === 'flag' ? mask(wide) : wide
}

export function printSplat(kind: Kind, pointer: string, offset = 0): string {
  if (kind === 'float' || kind === 'int') return `(v128.load32_splat offset=${offset} ${pointer})`
  const wide = `(i32x4.splat (i32.load8_u offset=${offset} ${pointer}))`
  return kind === 'flag' ? mask(wide) : wide
}

export function printStore(kind: Kind, lanes: Lanes, pointer: string, value: string, offset = 0): string {
  if (kind === 'float' || kind === 'int') return lanes === 4 ? `(v128.store offset=${offset} ${pointer} ${value})` : `(v128.store32_lane offset=${offset} 0 ${pointer} ${value})`
  const bytes = `(v128.and ${value} (v128.const i32x4 ${Array(4).fill(kind === 'flag' ? 1 : 255).join(' ')}))`
  if (lanes === 1) return `(i32.store8 offset=${offset} ${pointer} (i32x4.extract_lane 0 ${bytes}))`
  // the lowest byte of each lane
  return `(v128.store32_lane offset=${offset} 0 ${pointer} (i8x16.shuffle 0 4 8 12 0 4 8 12 0 4 8 12 0 4 8 12 ${bytes} ${bytes}))`
}

/** Elements in memory as lanes, with a distance of `stride` elements between neighbours. */
export function loadStrided(kind: 'float' | 'byte', lanes: Lanes, pointer: string, stride: number): string {
  if (lanes === 1 || stride === 1) return printLoad(kind, lanes, pointer)
  // a byte into the lowest byte of its lane
  if (kind === 'byte') return [1, 2, 3].reduce((vector, lane) => `(v128.load8_lane offset=${lane * stride} ${4 * lane} ${pointer} ${vector})`, printSplat(kind, pointer))
  if (stride === 2) return pick([`(v128.load ${pointer})`, `(v128.load offset=16 ${pointer})`], [0, 2, 4, 6])
  return [1, 2, 3].reduce((vector, lane) => `(v128.load32_lane offset=${4 * lane * stride} ${lane} ${pointer} ${vector})`, printLoad(kind, 1, pointer))
}
