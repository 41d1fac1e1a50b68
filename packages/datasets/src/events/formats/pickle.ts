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
interface Special {
  kind: 'array' | 'dtype'
  name: string
  items: Pickled[]
}

const mark = Symbol('mark')
type Slot = Pickled | typeof mark

/**
 * The object in Python pickle data (protocol 2 to 5): what `numpy.save` writes for arrays of objects. Throws
 * `DATA_INVALID` for anything but plain data and NumPy's own arrays and scalars.
 */
export function parsePickle(bytes: Uint8Array, file: string): Pickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const text = new TextDecoder()
  const stack: Slot[] = []
  const memo = new Map<number, Pickled>()
  let at = 0
  const fail = (what: string): never => {
    throw invalid('pickle', file, `${what}.`, at)
  }
  const pop = (): Pickled => {
    const value = stack.pop()
    if (value === undefined || value === mark) return fail('an empty stack')
    return value
  }
  const top = (): Pickled => {
    const value = stack.at(-1)
    if (value === undefined || value === mark) return fail('an empty stack')
    return value
  }
  const popMark = (): Pickled[] => {
    const from = stack.lastIndexOf(mark)
    if (from < 0) fail('no mark')
    return stack.splice(from).slice(1) as Pickled[]
  }
  const take = (n: number): Uint8Array => {
    if (at + n > bytes.length) fail('ends within a value')
    at += n
    return bytes.subarray(at - n, at)
  }
  const extend = (list: Pickled, items: Pickled[]): void => {
    if (!Array.isArray(list)) return void fail('items for what is no list')
    for (const item of items) list.push(item)
  }
  const line = (): string => {
    const end = bytes.indexOf(0x0a, at)
    if (end < 0) fail('ends within a name')
    const found = text.decode(bytes.subarray(at, end))
    at = end + 1
    return found
  }
  const little = (n: number): number => {
    const part = take(n)
    let value = 0
    for (let i = n - 1; i >= 0; i--) value = value * 256 + part[i]!
    return value
  }
  try {
    for (;;) {
      if (at >= bytes.length) fail('ends without a stop')
      const code = bytes[at++]!
      switch (code) {
        case 0x80: // PROTO
          at += 1
          break
        case 0x95: // FRAME
          at += 8
          break
        case 0x2e: // STOP
          return finished(pop())
        case 0x28:
          stack.push(mark)
          break
        case 0x30: // POP
          stack.pop()
          break
        case 0x4e:
          stack.push(null)
          break
        case 0x88:
          stack.push(true)
          break
        case 0x89:
          stack.push(false)
          break
        case 0x4a: // BININT
          at += 4
          stack.push(view.getInt32(at - 4, true))
          break
        case 0x4b:
          stack.push(little(1))
          break
        case 0x4d:
          stack.push(little(2))
          break
        case 0x8a: {
          // LONG1
          const size = little(1)
          if (size > 8) fail(`an integer of ${size} bytes`)
          const last = size > 0 ? bytes[at + size - 1]! : 0
          const value = little(size)
          stack.push(last > 127 ? value - 256 ** size : value)
          break
        }
        case 0x47: // BINFLOAT
          at += 8
          stack.push(view.getFloat64(at - 8))
          break
        case 0x8c: // SHORT_BINUNICODE
          stack.push(text.decode(take(little(1))))
          break
        case 0x58: // BINUNICODE
          stack.push(text.decode(take(little(4))))
          break
        case 0x55: // SHORT_BINSTRING
        case 0x43: // SHORT_BINBYTES
          stack.push(take(little(1)))
          break
        case 0x42: // BINBYTES
          stack.push(take(little(4)))
          break
        case 0x5d: // EMPTY_LIST
        case 0x29: // EMPTY_TUPLE
        case 0x7d: // EMPTY_DICT
          stack.push([])
          break
        case 0x74: // TUPLE
        case 0x6c: // LIST
          stack.push(popMark())
          break
        case 0x85: // TUPLE1
          stack.push([pop()])
          break
        case 0x86: {
          const b = pop()
          stack.push([pop(), b])
          break
        }
        case 0x87: {
          const c = pop()
          const b = pop()
          stack.push([pop(), b, c])
          break
        }
        case 0x61: {
          // APPEND
          const item = pop()
          extend(top(), [item])
          break
        }
        case 0x65: {
          // APPENDS
          const items = popMark()
          extend(top(), items)
          break
        }
        case 0x71: // BINPUT
          memo.set(little(1), top())
          break
        case 0x72: // LONG_BINPUT
          memo.set(little(4), top())
          break
        case 0x94: // MEMOIZE
          memo.set(memo.size, top())
          break
        case 0x68: // BINGET
          stack.push(memo.get(little(1)) ?? fail('an unknown reference'))
          break
        case 0x6a: // LONG_BINGET
          stack.push(memo.get(little(4)) ?? fail('an unknown reference'))
          break
        case 0x63: // GLOBAL
          stack.push({ global: `${line()}.${line()}` })
          break
        case 0x93: {
          // STACK_GLOBAL
          const name = pop()
          const module = pop()
          if (typeof name !== 'string' || typeof module !== 'string') fail('a name that is no text')
          stack.push({ global: `${module as string}.${name as string}` })
          break
        }
        case 0x52: {
          // REDUCE
          const parameters = pop()
          stack.push(call(pop(), parameters))
          break
        }
        case 0x62: {
          // BUILD
          const state = pop()
          build(top(), state)
          break
        }
        default:
          fail(`code 0x${code.toString(16)}, expected plain data`)
      }
    }
  } catch (error) {
    if (error instanceof RangeError) fail(`damaged (${error.message})`)
    throw error
  }

  function call(target: Pickled, parameters: Pickled): Pickled {
    const name = typeof target === 'object' && target !== null && 'global' in target ? target.global : ''
    const list = Array.isArray(parameters) ? parameters : []
    if (/^numpy\.(_core|core)\.multiarray\._reconstruct$/.test(name)) return { kind: 'array', name: '', items: [] }
    if (name === 'numpy.dtype') return { kind: 'dtype', name: typeof list[0] === 'string' ? list[0] : '', items: [] }
    if (/^numpy\.(_core|core)\.multiarray\.scalar$/.test(name))
      return numbersIn(list[1], list[0])[0] ?? fail('an empty scalar')
    if (name === '_codecs.encode' && typeof list[0] === 'string')
      return Uint8Array.from(list[0], (character) => character.charCodeAt(0))
    return fail(`a call of ${name || 'what is no function'}, expected plain data`)
  }

  function build(target: Pickled, state: Pickled): void {
    if (typeof target !== 'object' || target === null || !('kind' in target) || !Array.isArray(state))
      return void fail('a state for what has none')
    if (target.kind === 'dtype') return
    const [, , dtype, , content] = state
    target.items = Array.isArray(content) ? content : numbersIn(content, dtype)
  }

  function numbersIn(content: Pickled | undefined, dtype: Pickled | undefined): number[] {
    const name = typeof dtype === 'object' && dtype !== null && 'kind' in dtype ? dtype.name : ''
    const [, kind, digits] = /^([iuf])([1248])$/.exec(name) ?? []
    if (!(content instanceof Uint8Array) || !kind) return fail(`an array of dtype ${name || 'unknown'}`)
    const size = Number(digits)
    const values = new DataView(content.buffer, content.byteOffset, content.length)
    return Array.from({ length: Math.floor(content.length / size) }, (_, i) => {
      const p = i * size
      if (kind === 'f') return size === 8 ? values.getFloat64(p, true) : values.getFloat32(p, true)
      if (size === 8) return values.getInt32(p + 4, true) * 2 ** 32 + values.getUint32(p, true)
      if (size === 4) return kind === 'i' ? values.getInt32(p, true) : values.getUint32(p, true)
      if (size === 2) return kind === 'i' ? values.getInt16(p, true) : values.getUint16(p, true)
      return kind === 'i' ? values.getInt8(p) : values.getUint8(p)
    })
  }

  function finished(value: Pickled): Pickled {
    return typeof value === 'object' && value !== null && 'kind' in value ? value.items : value
  }
}

/** The items of a list or of an array of objects. */
export function listIn(value: Pickled): readonly Pickled[] | undefined {
  if (Array.isArray(value)) return value
  return typeof value === 'object' && value !== null && 'kind' in value ? value.items : undefined
}
