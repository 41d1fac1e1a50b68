import { invalid } from '../../invalid.js'

/**
 * What a pickle can hold here: numbers, text, bytes, lists and NumPy arrays of objects as lists. No class is looked up,
 * nothing is run.
 */
export type Pickled = number | string | boolean | null | Uint8Array | Pickled[] | Global | Special

interface Global {
  readonly global: string
}

/** What `_reconstruct`, `dtype` and `scalar` of NumPy make, as far as the data need it. */
export interface Special {
  kind: 'array' | 'dtype'
  name: string
  items: Pickled[]
}

const mark = Symbol('mark')

/** The stack, the memo and the place in the bytes that the codes of a pickle work on. */
export interface PickleMachine {
  readonly memo: Map<number, Pickled>
  readonly push: (value: Pickled) => void
  readonly pushMark: () => void
  readonly pop: () => Pickled
  /** Takes off whatever is on top, a mark too. */
  readonly drop: () => void
  readonly top: () => Pickled
  /** The values above the last mark, which go with it. */
  readonly popMark: () => Pickled[]
  readonly isAtEnd: () => boolean
  readonly take: (bytes: number) => Uint8Array
  /** An unsigned integer of so many bytes, the lowest first. */
  readonly little: (bytes: number) => number
  readonly text: (bytes: number) => string
  readonly line: () => string
  readonly fail: (what: string) => never
}

export function pickleMachine(bytes: Uint8Array, file: string): PickleMachine {
  const decoder = new TextDecoder()
  const stack: (Pickled | typeof mark)[] = []
  let at = 0
  const fail = (what: string): never => {
    throw invalid('pickle', file, `${what}.`, at)
  }
  const top = (): Pickled => {
    const value = stack.at(-1)
    return value === undefined || value === mark ? fail('an empty stack') : value
  }
  const take = (n: number): Uint8Array => {
    if (at + n > bytes.length) fail('ends within a value')
    at += n
    return bytes.subarray(at - n, at)
  }
  return {
    memo: new Map(),
    push: (value) => void stack.push(value),
    pushMark: () => void stack.push(mark),
    pop: () => {
      const value = top()
      stack.pop()
      return value
    },
    drop: () => void stack.pop(),
    top,
    popMark: () => {
      const from = stack.lastIndexOf(mark)
      return from < 0 ? fail('no mark') : (stack.splice(from).slice(1) as Pickled[])
    },
    isAtEnd: () => at >= bytes.length,
    take,
    little: (n) => littleEndian(take(n)),
    text: (n) => decoder.decode(take(n)),
    line: () => {
      const end = bytes.indexOf(0x0a, at)
      if (end < 0) fail('ends within a name')
      const found = decoder.decode(bytes.subarray(at, end))
      at = end + 1
      return found
    },
    fail,
  }
}

/** Bytes as an unsigned integer, the lowest first. */
export const littleEndian = (bytes: Uint8Array): number => bytes.reduceRight((value, byte) => value * 256 + byte, 0)
