// Integer expressions and loops in WebAssembly text, in folded form.

export const get = (name: string): string => `(local.get $${name})`
export const set = (name: string, value: string): string => `(local.set $${name} ${value})`
export const i32 = (value: number): string => `(i32.const ${value})`
export const add = (...terms: readonly string[]): string => terms.reduce((sum, term) => `(i32.add ${sum} ${term})`)
export const mul = (x: string, y: string): string => `(i32.mul ${x} ${y})`
export const bytes = (elements: string): string => `(i32.shl ${elements} ${i32(2)})`

/** `body` for `counter` from `from` to before `to`. */
export function count(counter: string, from: string, to: string, body: readonly string[], by = 1): string[] {
  return [
    set(counter, from),
    `(block $${counter}End (loop $${counter}Loop (br_if $${counter}End (i32.ge_s ${get(counter)} ${to}))`,
    ...body,
    set(counter, add(get(counter), i32(by))),
    `(br $${counter}Loop)))`,
  ]
}
