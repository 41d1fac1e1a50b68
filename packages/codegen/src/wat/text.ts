import { words } from './functions/text.js'

/** The words of WebAssembly text that all printers use; addresses and counts are 32-bit. */
export const get = (name: string): string => `(local.get $${name})`
export const set = (name: string, value: string): string => `(local.set $${name} ${value})`
export const i32 = (value: number): string => `(i32.const ${value})`
export const add = (...terms: readonly string[]): string => terms.reduce((sum, term) => `(i32.add ${sum} ${term})`)
export const mul = (x: string, y: string): string => `(i32.mul ${x} ${y})`
/** Bytes of so many elements of four bytes. */
export const bytes = (elements: string): string => `(i32.shl ${elements} ${i32(2)})`

/** `body` while `counter`, which it counts down, is not 0. */
export function countdown(label: string, counter: string, body: readonly string[]): string[] {
  return [`(if ${get(counter)} (then (loop $${label}`, ...body, `(br_if $${label} (local.tee $${counter} (i32.sub ${get(counter)} ${i32(1)}))))))`]
}

/** `body` for `counter` from `from` to before `to`. Labels are local to a block, so that two such loops can follow each other. */
export function count(counter: string, from: string, to: string, body: readonly string[], by = 1): string[] {
  return [
    set(counter, from),
    `(block $${counter}End (loop $${counter}Loop (br_if $${counter}End (i32.ge_s ${get(counter)} ${to}))`,
    ...body,
    set(counter, add(get(counter), i32(by))),
    `(br $${counter}Loop)))`,
  ]
}

/** A vector of four elements of the vectors `from`, by their index in all of them. */
export function pick(from: readonly string[], elements: readonly number[]): string {
  const vectors = [...new Set(elements.map((element) => element >> 2))]
  if (vectors.length <= 2) {
    const [a, b = a] = vectors as [number, number?]
    return words(elements.map((element) => (element >> 2 === a ? 0 : 4) + (element & 3)), from[a]!, from[b])
  }
  // each half of its own, then the lower halves of both
  const half = (pair: readonly number[]): string => pick(from, [...pair, ...pair])
  return words([0, 1, 4, 5], half(elements.slice(0, 2)), half(elements.slice(2)))
}
