import type { Kind } from '../form/scalar.js'
import { loadByte, storeByte } from './access.js'
import type { Instruction, Word } from './instruction.js'
import {
  i16x8,
  i32x4,
  loadLane,
  loadLowest,
  loadSplat,
  loadVector,
  pick,
  shuffleBytes,
  storeLane,
  storeVector,
  v128,
  vector,
  zeros,
  type Vec,
} from './vector.js'

/** How many elements are computed at once: four, or one of those left over, in the first lane. */
export type Count = 4 | 1

const mask = (flags: Vec): Vec => i32x4.ne(flags, zeros)

/** Elements in memory as lanes, from `offset` bytes behind the address: a byte is widened, a flag becomes a mask. */
export function load(kind: Kind, count: Count, at: Word, offset = 0): Vec {
  if (kind === 'float32' || kind === 'int32') return count === 4 ? loadVector(at, offset) : loadLowest(at, offset)
  if (count === 1) return loadEverywhere(kind, at, offset)
  const wide = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(loadLowest(at, offset)))
  return kind === 'bool' ? mask(wide) : wide
}

/** One element in all lanes. */
export function loadEverywhere(kind: Kind, at: Word, offset = 0): Vec {
  if (kind === 'float32' || kind === 'int32') return loadSplat(at, offset)
  const wide = i32x4.splat(loadByte(at, offset))
  return kind === 'bool' ? mask(wide) : wide
}

export function store(kind: Kind, count: Count, at: Word, value: Vec, offset = 0): Instruction {
  if (kind === 'float32' || kind === 'int32')
    return count === 4 ? storeVector(at, value, offset) : storeLane(0, at, value, offset)
  const bytes = v128.and(value, vector('i32x4', kind === 'bool' ? 1 : 255))
  if (count === 1) return storeByte(at, i32x4.extract_lane(0, bytes), offset)
  // the lowest byte of each lane
  return storeLane(0, at, shuffleBytes([0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12], bytes), offset)
}

/** Elements in memory as lanes, with a distance of `stride` elements between neighbours. */
export function loadStrided(kind: 'float32' | 'uint8', count: Count, at: Word, stride: number): Vec {
  if (count === 1 || stride === 1) return load(kind, count, at)
  // a byte into the lowest byte of its lane
  if (kind === 'uint8')
    return [1, 2, 3].reduce((lanes, lane) => loadLane(1, 4 * lane, at, lanes, lane * stride), loadEverywhere(kind, at))
  if (stride === 2) return pick([loadVector(at), loadVector(at, 16)], [0, 2, 4, 6])
  return [1, 2, 3].reduce((lanes, lane) => loadLane(4, lane, at, lanes, 4 * lane * stride), load(kind, 1, at))
}
