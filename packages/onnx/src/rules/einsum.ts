import { isStatic, product as productOf } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'

/** A value with a letter for each of its axes. */
interface Lettered {
  readonly name: string
  readonly letters: string
}

function ordered(call: Call, { name, letters }: Lettered, wanted: string): Lettered {
  return letters === wanted
    ? { name, letters }
    : {
        name: call.before('Transpose', [name], { perm: wanted.split('').map((letter) => letters.indexOf(letter)) }),
        letters: wanted,
      }
}

/** The sum over axes that nothing else has. */
function summed(call: Call, { name, letters }: Lettered, kept: string): Lettered {
  const axes = letters.split('').flatMap((letter, i) => (kept.includes(letter) ? [] : [i]))
  if (axes.length === 0) return { name, letters }
  return {
    name: call.before('ReduceSum', [name, call.addNumbers('axes', axes)], { keepdims: 0 }),
    letters: letters
      .split('')
      .filter((letter) => kept.includes(letter))
      .join(''),
  }
}

/** A reshape to sizes of which the first may be free. */
function reshaped(call: Call, name: string, sizes: readonly Dim[]): string {
  if (!isStatic(sizes.slice(1)))
    return call.refuse('it multiplies over a free size', 'Export the model with only the batch size free.')
  return call.before('Reshape', [
    name,
    call.addNumbers(
      'shape',
      sizes.map((size) => (typeof size === 'number' ? size : -1)),
    ),
  ])
}

/** The product over the letters of both that the result has not, as one MatMul. */
function product(call: Call, a: Lettered, b: Lettered, out: string): Lettered {
  const shared = a.letters.split('').filter((letter) => b.letters.includes(letter))
  const batch = shared.filter((letter) => out.includes(letter)).join('')
  const inner = shared.filter((letter) => !out.includes(letter)).join('')
  const [rows, columns] = [a, b].map(({ letters }) =>
    letters
      .split('')
      .filter((letter) => !shared.includes(letter))
      .join(''),
  ) as [string, string]
  const left = ordered(call, a, batch + rows + inner)
  const right = ordered(call, b, batch + inner + columns)
  const size = (letter: string): Dim =>
    a.letters.includes(letter)
      ? call.shapeOf(left.name)[left.letters.indexOf(letter)]!
      : call.shapeOf(right.name)[right.letters.indexOf(letter)]!
  const sizes = (letters: string): Dim[] => letters.split('').map(size)
  const one = (letters: string): Dim => productOf(sizes(letters))
  const multiplied = call.before('MatMul', [
    reshaped(call, left.name, [...sizes(batch), one(rows), one(inner)]),
    reshaped(call, right.name, [...sizes(batch), one(inner), one(columns)]),
  ])
  return { name: reshaped(call, multiplied, sizes(batch + rows + columns)), letters: batch + rows + columns }
}

/** Einstein's sum of one or two operands: sums, a product of matrices, and a transposition. */
const einsum: Rule = (call) => {
  const equation = call.string('equation').replaceAll(' ', '')
  const [left, given] = equation.split('->')
  const terms = left!.split(',')
  if (
    equation.includes('.') ||
    given === undefined ||
    terms.length !== call.count ||
    terms.length > 2 ||
    terms.some((term) => new Set(term).size !== term.length)
  ) {
    return call.refuse(
      `its equation is "${equation}"`,
      'Export it with two operands, an arrow, and no letter twice in one operand.',
    )
  }
  terms.forEach(
    (term, i) =>
      term.length !== call.rank(i) &&
      call.fail(`its equation "${equation}" names ${term.length} axes for one of ${call.rank(i)}`),
  )
  const operands = terms.map((letters, i) =>
    summed(call, { name: call.input(i), letters }, given + terms.filter((_, k) => k !== i).join('')),
  )
  const result = operands.length === 1 ? operands[0]! : product(call, operands[0]!, operands[1]!, given)
  return { same: ordered(call, result, given).name }
}

export const einsums: Readonly<Record<string, Rule>> = { Einsum: einsum }
