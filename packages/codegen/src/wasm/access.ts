import { plain, word, type Operation, type Plain, type Type, type Value, type Word } from './instruction.js'

/** Reads or writes `offset` bytes behind an address; default 0. */
type Load<T extends Type> = (at: Word, offset?: number) => Value<T>
type Storer<T extends Type> = (at: Word, value: Value<T>, offset?: number) => Plain

export function loader<T extends Type>(type: T, operation: Operation): Load<T> {
  return (at, offset) => plain(operation, type, [word(at)], offset)
}

export function storer<T extends Type>(operation: Operation): Storer<T> {
  return (at, value, offset) => plain(operation, undefined, [word(at), value], offset)
}

/** Words in memory have 32 bits without sign. */
export const loadWord = loader('word', {
  name: 'i32.load',
  code: [0x28],
  align: 2,
  wide: { name: 'i64.load32_u', code: [0x35], align: 2 },
})
export const loadHalfWord = loader('word', {
  name: 'i32.load16_u',
  code: [0x2f],
  align: 1,
  wide: { name: 'i64.load16_u', code: [0x33], align: 1 },
})
export const storeWord = storer<'word'>({
  name: 'i32.store',
  code: [0x36],
  align: 2,
  wide: { name: 'i64.store32', code: [0x3e], align: 2 },
})
export const loadByte = loader('i32', { name: 'i32.load8_u', code: [0x2d], align: 0 })
export const storeByte = storer<'i32'>({ name: 'i32.store8', code: [0x3a], align: 0 })
export const storeHalf = storer<'i32'>({ name: 'i32.store16', code: [0x3b], align: 1 })
export const storeBits = storer<'i32'>({ name: 'i32.store', code: [0x36], align: 2 })
export const loadFloat = loader('f32', { name: 'f32.load', code: [0x2a], align: 2 })
export const storeFloat = storer<'f32'>({ name: 'f32.store', code: [0x38], align: 2 })
