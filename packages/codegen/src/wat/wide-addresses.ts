/**
 * A module that was printed for 32-bit addresses, for a memory with 64-bit addresses: all its variables and arithmetic of whole numbers, which
 * are addresses and counts, get 64 bits; lanes, data in memory, and conditions keep 32. Words at `$args` are float64, and so are the
 * parameters of exported functions, so that JavaScript needs no BigInt.
 */
export function withWideAddresses(text: string): string {
  return print(parse(text), new Set()).wide
}

/** An S-expression: `(i32.add (local.get $x) (i32.const 1))`. */
type Tree = string | readonly Tree[]

function parse(text: string): Tree {
  const open: Tree[][] = [[]]
  for (const [token] of text.matchAll(/"[^"]*"|[()]|[^\s()"]+/g)) {
    if (token === '(') open.push([])
    else if (token === ')') {
      const done = open.pop()!
      open.at(-1)!.push(done)
    } else open.at(-1)!.push(token)
  }
  return open[0]![0]!
}

/** What an expression is where a whole number of 64 bits, of 32 bits, or a condition is wanted; the same text if it is no whole number. */
interface Printed {
  readonly wide: string
  readonly narrow: string
  readonly condition: string
}

const form = (...parts: readonly string[]): string => `(${parts.join(' ')})`
const other = (text: string): Printed => ({ wide: text, narrow: text, condition: text })
const word = (wide: string, narrow = form('i32.wrap_i64', wide)): Printed => ({ wide, narrow, condition: form('i64.ne', wide, '(i64.const 0)') })
const half = (narrow: string): Printed => ({ wide: form('i64.extend_i32_u', narrow), narrow, condition: narrow })

/** `words`: the variables of the function that are whole numbers. */
function print(tree: Tree, words: Set<string>): Printed {
  if (typeof tree === 'string') return other(tree)
  const [head, ...parts] = tree as readonly [string, ...Tree[]]
  if (head === 'func') return other(printFunction(parts))
  const name = parts[0] as string
  if (head === 'param' || head === 'local') {
    if (parts[1] === 'i32') words.add(name)
    return other(form(head, name, parts[1] === 'i32' ? 'i64' : (parts[1] as string)))
  }
  const printed = parts.map((part) => print(part, words))
  const wide = printed.map((part) => part.wide)
  const [last, beforeLast] = [printed.at(-1)!, printed.at(-2)!]
  if (head === 'local.get' || head === 'local.tee') return (words.has(name) ? word : other)(form(head, ...wide))
  if (head === 'if') return other(form(head, printed[0]!.condition, ...wide.slice(1)))
  if (head === 'br_if') return other(form(head, name, last.condition))
  if (head === 'select') return word(form(head, wide[0]!, wide[1]!, last.condition))
  if (head === 'memory.fill') return other(form(head, wide[0]!, beforeLast.narrow, last.wide))

  const [type, operation] = head.split('.') as [string, string]
  if (/^i\d+x\d+$/.test(type)) {
    if (/^(splat|shl|shr_.)$/.test(operation)) return other(form(head, ...wide.slice(0, -1), last.narrow))
    return (/^(extract_lane.*|bitmask)$/.test(operation) ? half : other)(form(head, ...wide))
  }
  if (head.startsWith('f32.convert_i32')) return other(form(head.replace('i32', 'i64'), last.wide))
  if (type !== 'i32') return other(form(head, ...wide))
  if (operation === 'const') return word(form('i64.const', name), form(head, name))
  if (operation.startsWith('store')) return other(form(head, ...wide.slice(0, -1), last.narrow))
  if (operation.startsWith('load')) {
    const isArgument = last.wide === '(local.get $args)'
    if (isArgument) return word(`(i64.trunc_f64_s (f64.load ${name.replace(/\d+/, (bytes) => String(2 * Number(bytes)))} ${last.wide}))`)
    return word(form(operation === 'load' ? 'i64.load32_u' : `i64.${operation}`, ...wide), form(head, ...wide))
  }
  const isComparison = /^(eqz|eq|ne|[lg][te]_[su])$/.test(operation)
  return (isComparison ? half : word)(form(`i64.${operation}`, ...wide))
}

/** An exported function is called by another, which takes float64. */
function printFunction(parts: readonly Tree[]): string {
  const words = new Set<string>()
  const body = (some: readonly Tree[]): string => some.map((part) => print(part, words).wide).join('\n')
  const [first, ...rest] = parts
  if (typeof first === 'string') return `(func ${body(parts)})`
  const name = (first![1] as string).slice(1, -1)
  const given = rest.filter((part) => part[0] === 'param').map((_, i) => `(i64.trunc_f64_s (local.get ${i}))`)
  return `(func $${name} ${body(rest)})\n(func (export "${name}") (param ${given.map(() => 'f64').join(' ')}) (call $${name} ${given.join(' ')}))`
}
