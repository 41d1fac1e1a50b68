import { littleEndian, pickleMachine, type Pickled, type PickleMachine } from './pickle-machine.js'
import { callOf, isSpecial, setState } from './pickle-numpy.js'

/**
 * The object in Python pickle data (protocol 2 to 5): what `numpy.save` writes for arrays of objects. Throws
 * `DATA_INVALID` for anything but plain data and NumPy's own arrays and scalars.
 */
export function parsePickle(bytes: Uint8Array, file: string): Pickled {
  const machine = pickleMachine(bytes, file)
  for (;;) {
    if (machine.isAtEnd()) machine.fail('ends without a stop')
    const code = machine.little(1)
    if (code === stop) break
    const operation = operations[code]
    if (!operation) return machine.fail(`code 0x${code.toString(16)}, expected plain data`)
    operation(machine)
  }
  const value = machine.pop()
  return isSpecial(value) ? value.items : value
}

/** The items of a list or of an array of objects. */
export function listIn(value: Pickled): readonly Pickled[] | undefined {
  return Array.isArray(value) ? value : isSpecial(value) ? value.items : undefined
}

type Operation = (machine: PickleMachine) => void

const stop = 0x2e

/** The codes that plain data need, by the names of Python's pickletools. */
const operations: Readonly<Record<number, Operation>> = {
  0x80: ({ take }) => void take(1), // PROTO
  0x95: ({ take }) => void take(8), // FRAME

  0x4e: ({ push }) => push(null), // NONE
  0x88: ({ push }) => push(true), // NEWTRUE
  0x89: ({ push }) => push(false), // NEWFALSE
  0x4a: ({ push, little }) => push(little(4) | 0), // BININT
  0x4b: ({ push, little }) => push(little(1)), // BININT1
  0x4d: ({ push, little }) => push(little(2)), // BININT2
  0x8a: ({ push, little, take, fail }) => push(signed(take(little(1)), fail)), // LONG1
  0x47: ({ push, take }) => push(bigEndianDouble(take(8))), // BINFLOAT
  0x8c: ({ push, little, text }) => push(text(little(1))), // SHORT_BINUNICODE
  0x58: ({ push, little, text }) => push(text(little(4))), // BINUNICODE
  0x55: ({ push, little, take }) => push(take(little(1))), // SHORT_BINSTRING
  0x43: ({ push, little, take }) => push(take(little(1))), // SHORT_BINBYTES
  0x42: ({ push, little, take }) => push(take(little(4))), // BINBYTES

  0x28: ({ pushMark }) => pushMark(), // MARK
  0x30: ({ drop }) => drop(), // POP
  0x5d: ({ push }) => push([]), // EMPTY_LIST
  0x29: ({ push }) => push([]), // EMPTY_TUPLE
  0x7d: ({ push }) => push([]), // EMPTY_DICT
  0x74: ({ push, popMark }) => push(popMark()), // TUPLE
  0x6c: ({ push, popMark }) => push(popMark()), // LIST
  0x85: ({ push, pop }) => push([pop()]), // TUPLE1
  0x86: ({ push, pop }) => push([pop(), pop()].reverse()), // TUPLE2
  0x87: ({ push, pop }) => push([pop(), pop(), pop()].reverse()), // TUPLE3
  0x61: (machine) => extend(machine, [machine.pop()]), // APPEND
  0x65: (machine) => extend(machine, machine.popMark()), // APPENDS

  0x71: ({ memo, little, top }) => void memo.set(little(1), top()), // BINPUT
  0x72: ({ memo, little, top }) => void memo.set(little(4), top()), // LONG_BINPUT
  0x94: ({ memo, top }) => void memo.set(memo.size, top()), // MEMOIZE
  0x68: (machine) => recall(machine, machine.little(1)), // BINGET
  0x6a: (machine) => recall(machine, machine.little(4)), // LONG_BINGET

  0x63: ({ push, line }) => push({ global: `${line()}.${line()}` }), // GLOBAL
  0x93: ({ push, pop, fail }) => {
    // STACK_GLOBAL
    const [name, module] = [pop(), pop()]
    if (typeof name !== 'string' || typeof module !== 'string') return fail('a name that is no text')
    push({ global: `${module}.${name}` })
  },
  0x52: ({ push, pop, fail }) => {
    // REDUCE
    const [parameters, target] = [pop(), pop()]
    push(callOf(target, parameters, fail))
  },
  0x62: ({ pop, top, fail }) => {
    // BUILD
    const state = pop()
    setState(top(), state, fail)
  },
}

function extend({ top, fail }: PickleMachine, items: readonly Pickled[]): void {
  const list = top()
  if (!Array.isArray(list)) return fail('items for what is no list')
  for (const item of items) list.push(item)
}

function recall({ memo, push, fail }: PickleMachine, index: number): void {
  const value = memo.get(index)
  push(value === undefined ? fail('an unknown reference') : value)
}

/** An integer in two's complement, the lowest byte first. */
function signed(bytes: Uint8Array, fail: PickleMachine['fail']): number {
  if (bytes.length > 8) return fail(`an integer of ${bytes.length} bytes`)
  const value = littleEndian(bytes)
  return (bytes.at(-1) ?? 0) > 127 ? value - 256 ** bytes.length : value
}

const bigEndianDouble = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getFloat64(0)
