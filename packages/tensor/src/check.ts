import { SnnError } from './error.js'
import type { Tensor } from './tensor.js'
import { isTensor } from './tree.js'

/**
 * Checks of arguments, for callers that no compiler has checked: what a public function takes is looked at where it
 * comes in, so that the error says which argument of which function is wrong, with the caller's line, instead of a
 * property that cannot be read.
 */

/** What a value is, for errors: `a Promise`, `an array of 3`, `the string 'x'`. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value === 'string') return `the string '${value.length > 60 ? `${value.slice(0, 57)}...` : value}'`
  if (typeof value === 'symbol') return 'a symbol'
  if (typeof value === 'function') {
    const { kind } = value as { kind?: unknown }
    return `the function ${typeof kind === 'string' ? kind : value.name || '(without a name)'}`
  }
  if (isPromise(value)) return 'a Promise'
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (isTensor(value)) return `a traced tensor of shape [${value.shape.join(',')}]`
  if (ArrayBuffer.isView(value))
    return `a ${value.constructor.name} of ${(value as Uint8Array).length ?? value.byteLength}`
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name
  if (name !== undefined && name !== 'Object') return `a ${name}`
  const keys = Object.keys(value)
  return keys.length === 0
    ? 'an empty object'
    : `an object with ${keys.slice(0, 6).join(', ')}${keys.length > 6 ? ', ..' : ''}`
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** The error for an argument that is not what the function takes. */
export function wrongArgument(
  operation: string,
  name: string,
  value: unknown,
  expected: string,
  fix = fixFor(value),
): SnnError<'ARGUMENT'> {
  return new SnnError('ARGUMENT', `[${operation}] ${name} is ${describeValue(value)}, expected ${expected}. ${fix}`, {
    name,
    value,
  })
}

function fixFor(value: unknown): string {
  if (isPromise(value)) return 'Await it first.'
  if (typeof value === 'function') return 'Call it, and give what it returns.'
  if (value === undefined) return 'Give it; is its name spelled as in the package?'
  return 'Correct the call.'
}

/** Throws `ARGUMENT` unless `value` is a traced tensor. */
export function checkTensor(operation: string, value: unknown, name = 'x'): asserts value is Tensor {
  if (!isTensor(value))
    throw wrongArgument(
      operation,
      name,
      value,
      'a Tensor',
      isPromise(value) || typeof value === 'function'
        ? undefined
        : 'In compile() the arguments are Tensors; tensor(..) makes one of numbers.',
    )
}

/** Throws `ARGUMENT` unless `value` is an object that holds named values: no array, function, Promise or Tensor. */
export function checkObject(
  operation: string,
  value: unknown,
  name = 'options',
  expected = 'an object',
): asserts value is object {
  if (
    typeof value !== 'object' ||
    value === null ||
    Array.isArray(value) ||
    ArrayBuffer.isView(value) ||
    isPromise(value) ||
    isTensor(value)
  )
    throw wrongArgument(operation, name, value, expected)
}

/**
 * `checkObject`, and no option has a name that is not `known`: a misspelled one would change nothing without a word.
 */
export function checkOptions(operation: string, options: unknown, known: readonly string[]): asserts options is object {
  checkObject(operation, options)
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name))
      throw new SnnError(
        'ARGUMENT',
        `[${operation}] unknown option '${name}', expected one of ${known.join(', ')}. Correct the name.`,
        { name, value },
      )
  }
}

/**
 * Throws `ARGUMENT` unless `value` is an object that has all of `members`, none of them null: functions where `()` ends
 * the name.
 */
export function checkMembers(
  operation: string,
  value: unknown,
  name: string,
  members: readonly string[],
  expected: string,
  fix?: string,
): asserts value is object {
  checkObject(operation, value, name, expected)
  checkArray('checkMembers', members, 'members', 'names of members')
  for (const member of members) {
    const found = (value as Readonly<Record<string, unknown>>)[member.replace('()', '')]
    if (found === null) throw wrongArgument(operation, `${name}.${member.replace('()', '')}`, found, 'a value', fix)
    if (member.endsWith('()') ? typeof found !== 'function' : found === undefined)
      throw wrongArgument(operation, name, value, expected, fix)
  }
}

/** Throws `ARGUMENT` unless `value` is an array. */
export function checkArray(
  operation: string,
  value: unknown,
  name: string,
  expected = 'an array',
): asserts value is readonly unknown[] {
  if (!Array.isArray(value)) throw wrongArgument(operation, name, value, expected)
}

/** Throws `ARGUMENT` unless `value` is an array or a typed array. */
export function checkArrayLike(
  operation: string,
  value: unknown,
  name: string,
  expected = 'an array of numbers',
): asserts value is ArrayLike<unknown> {
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || value instanceof DataView))
    throw wrongArgument(operation, name, value, expected)
}

/** Throws `ARGUMENT` unless `value` is a function. */
export function checkFunction(
  operation: string,
  value: unknown,
  name: string,
  expected = 'a function',
): asserts value is (...args: never[]) => unknown {
  if (typeof value !== 'function')
    throw wrongArgument(operation, name, value, expected, value === undefined ? undefined : 'Correct the call.')
}

/** Throws `ARGUMENT` unless `value` is a string. */
export function checkString(
  operation: string,
  value: unknown,
  name: string,
  expected = 'a string',
): asserts value is string {
  if (typeof value !== 'string') throw wrongArgument(operation, name, value, expected)
}

/**
 * The bytes that a caller gives: a Uint8Array (a Buffer is one), an ArrayBuffer, or another view of one. Throws
 * `ARGUMENT`, with what to do, for a path, a Blob, a Response, a list of numbers, or what has not been awaited.
 */
export function checkBytes(
  operation: string,
  value: unknown,
  name = 'bytes',
  fixForPath = 'Read the file first: await readFile(path).',
): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  if (tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer') return new Uint8Array(value as ArrayBuffer)
  const fixes: Readonly<Record<string, string>> = {
    String: fixForPath,
    URL: 'Fetch it first: new Uint8Array(await (await fetch(url)).arrayBuffer()).',
    Array: 'Give Uint8Array.from(it).',
    Blob: 'Give new Uint8Array(await it.arrayBuffer()).',
    File: 'Give new Uint8Array(await it.arrayBuffer()).',
    Response: 'Give new Uint8Array(await it.arrayBuffer()).',
  }
  throw wrongArgument(operation, name, value, 'the bytes of a file as a Uint8Array', fixes[tag])
}
