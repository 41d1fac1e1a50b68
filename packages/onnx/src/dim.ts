import { NotUnderstood } from './errors.js'
import type { Dim } from './graph.js'

/** A size as a number times symbols: `3*N*L` is `{ factor: 3, symbols: ['L', 'N'] }`. */
interface Monomial {
  readonly factor: number
  readonly symbols: readonly string[]
}

function parse(dim: Dim): Monomial {
  if (typeof dim === 'number') return { factor: dim, symbols: [] }
  const parts = dim.split('*')
  const first = Number(parts[0])
  return Number.isInteger(first) && parts.length > 1
    ? { factor: first, symbols: parts.slice(1) }
    : { factor: 1, symbols: parts }
}

function print({ factor, symbols }: Monomial): Dim {
  if (symbols.length === 0 || factor === 0) return factor
  const text = [...symbols].sort().join('*')
  return factor === 1 ? text : `${factor}*${text}`
}

/** The product of sizes. */
export function product(dims: readonly Dim[]): Dim {
  let factor = 1
  const symbols: string[] = []
  for (const dim of dims) {
    const m = parse(dim)
    factor *= m.factor
    symbols.push(...m.symbols)
  }
  if (factor !== 0 && (!Number.isSafeInteger(factor) || symbols.length > 64)) {
    throw new NotUnderstood(
      'it makes a tensor of more than 2^53 elements, or with more than 64 symbolic sizes',
      'Check the shapes in the model.',
    )
  }
  return print({ factor, symbols })
}

/** `a / b` where it is exact, else undefined. */
export function quotient(a: Dim, b: Dim): Dim | undefined {
  const [m, n] = [parse(a), parse(b)]
  if (n.factor === 0 || m.factor % n.factor !== 0) return undefined
  const symbols = [...m.symbols]
  for (const symbol of n.symbols) {
    const at = symbols.indexOf(symbol)
    if (at < 0) return undefined
    symbols.splice(at, 1)
  }
  return print({ factor: m.factor / n.factor, symbols })
}

/** `a + sign b` where it is one size times symbols again, else undefined. */
export function sum(a: Dim, b: Dim, sign: 1 | -1 = 1): Dim | undefined {
  const [m, n] = [parse(a), parse(b)]
  if (n.factor === 0) return a
  if (m.factor === 0 && sign === 1) return b
  if (m.symbols.join('*') !== n.symbols.join('*')) return undefined
  return print({ factor: m.factor + sign * n.factor, symbols: m.symbols })
}

/** The size with `symbol` replaced by a number or another symbol. */
export function substitute(dim: Dim, symbol: string, by: Dim): Dim {
  if (typeof dim === 'number') return dim
  const { factor, symbols } = parse(dim)
  return product([factor, ...symbols.map((s) => (s === symbol ? by : s))])
}

/** Whether `dim` contains `symbol`. */
export function dependsOn(dim: Dim, symbol: string): boolean {
  return typeof dim === 'string' && parse(dim).symbols.includes(symbol)
}

/** Whether the size is one of which nothing is known. */
export function isUnknown(dim: Dim): boolean {
  return typeof dim === 'string' && parse(dim).symbols.some((s) => s.startsWith('?'))
}

export function isStatic(shape: readonly Dim[]): shape is readonly number[] {
  return shape.every((d) => typeof d === 'number')
}

export function formatDims(shape: readonly Dim[]): string {
  return `[${shape.join(',')}]`
}

/** A symbol that arithmetic on sizes can carry, from any text. */
export function symbolName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_.:]/g, '_')
  return /^[0-9]*$/.test(name) ? `dim_${name}` : name
}
