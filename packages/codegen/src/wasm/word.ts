import { i32, plain, word, type Operation, type Plain, type Type, type Value, type Word } from './instruction.js'

function ofWords<T extends Type>(name: string, narrow: number, wide: number, type: T): (x: Word, y: Word) => Value<T> {
  const operation: Operation = { name: `i32.${name}`, code: [narrow], wide: { name: `i64.${name}`, code: [wide] } }
  return (x, y) => plain(operation, type, [word(x), word(y)])
}

const addWords = ofWords('add', 0x6a, 0x7c, 'word')
export const add = (...terms: readonly [Word, ...Word[]]): Value<'word'> =>
  terms.reduce<Value<'word'> | undefined>((sum, term) => (sum ? addWords(sum, term) : word(term)), undefined)!
export const sub = ofWords('sub', 0x6b, 0x7d, 'word')
export const mul = ofWords('mul', 0x6c, 0x7e, 'word')
export const div = ofWords('div_u', 0x6e, 0x80, 'word')
export const rem = ofWords('rem_u', 0x70, 0x82, 'word')
export const and = ofWords('and', 0x71, 0x83, 'word')
export const shl = ofWords('shl', 0x74, 0x86, 'word')
export const shr = ofWords('shr_u', 0x76, 0x88, 'word')
export const ne = ofWords('ne', 0x47, 0x52, 'i32')
/** Of words that may be negative. */
export const gtSigned = ofWords('gt_s', 0x4a, 0x55, 'i32')
export const geSigned = ofWords('ge_s', 0x4e, 0x59, 'i32')
/** A negative word counts as a large one. */
export const lt = ofWords('lt_u', 0x49, 0x54, 'i32')
export const gt = ofWords('gt_u', 0x4b, 0x56, 'i32')
export const ge = ofWords('ge_u', 0x4f, 0x5a, 'i32')

function ofWord<T extends Type>(
  narrow: Omit<Operation, 'wide'>,
  wide: Omit<Operation, 'wide'>,
  type: T,
): (x: Word) => Value<T> {
  const operation: Operation = { ...narrow, wide }
  return (x) => plain(operation, type, [word(x)])
}

export const isZero = ofWord({ name: 'i32.eqz', code: [0x45] }, { name: 'i64.eqz', code: [0x50] }, 'i32')
/** How many of the lowest bits are 0. */
export const trailingZeros = ofWord({ name: 'i32.ctz', code: [0x68] }, { name: 'i64.ctz', code: [0x7a] }, 'word')
export const toFloat = ofWord(
  { name: 'f32.convert_i32_s', code: [0xb2] },
  { name: 'f32.convert_i64_s', code: [0xb4] },
  'f32',
)
const asIs: Operation = { name: '', code: [] }
/** The lowest 32 bits of a word, and a word of 32 bits without sign. */
export const lowBits = ofWord(asIs, { name: 'i32.wrap_i64', code: [0xa7] }, 'i32')
const widened: Operation = { ...asIs, wide: { name: 'i64.extend_i32_u', code: [0xad] } }
export const widen = (bits: Value<'i32'>): Value<'word'> => plain(widened, 'word', [bits])
const selection: Operation = { name: 'select', code: [0x1b] }
export const choose = (condition: Value<'i32'>, x: Word, y: Word): Value<'word'> =>
  plain(selection, 'word', [word(x), word(y), condition])
/** Bytes of so many elements of four bytes. */
export const bytes = (elements: Word): Value<'word'> => shl(elements, 2)

const filling: Operation = { name: 'memory.fill', code: [0xfc, 0x0b, 0x00] }
export const fill = (at: Word, value: number, length: Word): Plain =>
  plain(filling, undefined, [word(at), i32(value), word(length)])

function ofTwo<T extends Type>(name: string, code: number, type: T): (x: Value<T>, y: Value<T>) => Value<T> {
  const operation: Operation = { name, code: [code] }
  return (x, y) => plain(operation, type, [x, y])
}

export const addBits = ofTwo('i32.add', 0x6a, 'i32')
/** Towards zero, of numbers with signs. */
export const divSigned = ofTwo('i32.div_s', 0x6d, 'i32')
export const addFloats = ofTwo('f32.add', 0x92, 'f32')
