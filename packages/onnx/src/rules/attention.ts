import { numbersOf, tensorOf } from '../dtype.js'
import { formatDims, isStatic } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'

/** One of Q, K and V as [N, heads, L, size]. */
function heads(call: Call, i: number, count: number): string {
  const shape = call.shape(i)
  if (shape.length === 4) return call.input(i)
  const hidden = shape[2]
  if (shape.length !== 3 || typeof hidden !== 'number' || count < 1 || hidden % count !== 0)
    return call.fail(`input ${i} of shape ${formatDims(shape)} for ${count} heads`)
  const split = call.before('Reshape', [call.input(i), call.addNumbers('heads', [0, 0, count, hidden / count])])
  return call.before('Transpose', [split], { perm: [0, 2, 1, 3] })
}

/** Each head `times` times: [N, heads, L, size] -> [N, heads times, L, size]. */
function repeated(call: Call, value: string, times: number): string {
  if (times === 1) return value
  const [, count, , size] = call.shapeOf(value) as readonly number[]
  const apart = call.before('Reshape', [value, call.addNumbers('apart', [0, count!, 1, -1, size!])])
  const copies = call.before(
    'Concat',
    Array.from({ length: times }, () => apart),
    { axis: 2 },
  )
  return call.before('Reshape', [copies, call.addNumbers('together', [0, count! * times, -1, size!])])
}

/**
 * Which keys a query may look at, by their places: query i stands at the place `before` + i, behind keys of earlier
 * calls.
 */
interface Sight {
  readonly before: number
  /** How many places back and ahead. */
  readonly left: number
  readonly right: number
}

const sees = ({ before, left, right }: Sight, query: number, key: number): boolean =>
  key >= before + query - left && key <= before + query + right

/** What is added to the scores: the mask, a boolean one as 0 and -infinity; undefined for none. */
function maskOf(call: Call, queries: Dim, keys: Dim, sight: Sight): string | undefined {
  if (!call.has(3)) return undefined
  if (call.shape(3).at(-1) !== keys)
    return call.refuse(
      `its mask has shape ${formatDims(call.shape(3))} for ${keys} keys`,
      'Export it with a mask for every key.',
    )
  const constant = call.constant(3)
  if (!constant)
    return call.dtype(3) === 'bool'
      ? call.refuse('its boolean mask is computed at run time', 'Export it with a fixed mask, or with one of floats.')
      : call.input(3)
  if (!call.afford(constant.data.length))
    return call.refuse('its mask is too large', 'Export it with a mask that broadcasts.')
  const values = numbersOf(constant).map((value) => (constant.dtype !== 'bool' ? value : value ? 0 : -Infinity))
  // a query that sees no key has no softmax; ONNX says that its result is 0
  const [rows, columns] = [Number(queries), Number(keys)]
  for (let row = 0; row < values.length / columns; row++) {
    if (
      values
        .slice(row * columns, (row + 1) * columns)
        .every((value, key) => value === -Infinity || !sees(sight, row % rows, key))
    )
      return call.refuse(
        'its mask leaves a query without keys',
        'Export it with a mask that leaves each query one key.',
      )
  }
  return constant.dtype === 'bool' ? call.addTensor('mask', tensorOf('float32', constant.shape, values)) : call.input(3)
}

/** 0 where a query may look, -infinity at other keys. */
function sightMask(call: Call, queries: Dim | undefined, keys: Dim | undefined, sight: Sight): string {
  const shape = [queries, keys]
  if (!isStatic(shape as readonly Dim[]))
    return call.refuse(
      'it is causal, or looks at a window, over a free number of steps',
      'Give the sizes with the option sizes.',
    )
  const [rows, columns] = shape as unknown as readonly [number, number]
  const seen = Array.from({ length: rows * columns }, (_, i) => sees(sight, Math.floor(i / columns), i % columns))
  for (let row = 0; row < rows; row++)
    if (!seen.slice(row * columns, (row + 1) * columns).includes(true))
      return call.refuse(
        'its window leaves a query without keys',
        'Export it with a window that leaves each query one key.',
      )
  return call.addTensor(
    'sight',
    tensorOf(
      'float32',
      [rows, columns],
      seen.map((may) => (may ? 0 : -Infinity)),
    ),
  )
}

/**
 * Y = softmax(scale Q K' + mask) V for each head, written with the operations that it is made of. Keys and values of
 * fewer heads are used by several; with `softcap` the scores are softcap tanh(scores / softcap) before the mask. Keys
 * and values of earlier calls, where they are given, stand in front.
 */
const attention: Rule = (call) => {
  if (call.has(6))
    call.refuse('how many keys there are is found at run time', 'Export the model without a cache of a fixed size.')
  if (call.used(3)) call.refuse('its scores are used', 'Choose a value before it with the option output.')
  if (call.has(4) !== call.has(5)) call.fail('it has earlier keys or earlier values, expected both or none')
  const flat = call.rank(0) === 3
  const [queryHeads, keyHeads] = flat
    ? [call.int('q_num_heads'), call.int('kv_num_heads')]
    : [call.shape(0)[1], call.shape(1)[1]]
  if (typeof queryHeads !== 'number' || typeof keyHeads !== 'number' || queryHeads % keyHeads !== 0)
    return call.fail(`${queryHeads} heads of queries for ${keyHeads} of keys`)
  const q = heads(call, 0, queryHeads)
  const [k, v] = [1, 2].map((i) =>
    call.has(i + 3)
      ? call.before('Concat', [call.input(i + 3), heads(call, i, keyHeads)], { axis: 2 })
      : heads(call, i, keyHeads),
  ) as [string, string]
  const [, , queries, size] = call.shapeOf(q)
  const keys = call.shapeOf(k)[2]!
  const scale = call.float('scale', 0) || 1 / Math.sqrt(size as number)
  const number = (wish: string, value: number): string => call.addNumbers(wish, [value], 'float32', [])
  const times = queryHeads / keyHeads
  const turned = call.before('Transpose', [repeated(call, k, times)], { perm: [0, 1, 3, 2] })
  let scores = call.before('MatMul', [call.before('Mul', [q, number('scale', scale)]), turned])
  const cap = call.float('softcap', 0)
  if (cap > 0)
    scores = call.before('Mul', [
      call.before('Tanh', [call.before('Div', [scores, number('softcap', cap)])]),
      number('softcap', cap),
    ])
  const earlier = call.has(4) ? call.shape(4)[2] : 0
  if (typeof earlier !== 'number')
    call.refuse('it has a free number of earlier keys', 'Give the sizes with the option sizes.')
  const [left, right] = [
    call.int('left_window_size', -1),
    call.int('is_causal', 0) === 1 ? 0 : call.int('right_window_size', -1),
  ]
  const sight = { before: earlier as number, left: left < 0 ? Infinity : left, right: right < 0 ? Infinity : right }
  if (left >= 0 || right >= 0) scores = call.before('Add', [scores, sightMask(call, queries, keys, sight)])
  const mask = maskOf(call, queries!, keys, sight)
  if (mask) scores = call.before('Add', [scores, mask])
  const result = call.before('MatMul', [call.before('Softmax', [scores], { axis: 3 }), repeated(call, v, times)])
  if (!flat) return { same: [result, k, v] }
  const hidden = queryHeads * (call.shapeOf(v)[3] as number)
  return {
    same: [
      call.before('Reshape', [
        call.before('Transpose', [result], { perm: [0, 2, 1, 3] }),
        call.addNumbers('hidden', [0, 0, hidden]),
      ]),
      k,
      v,
    ],
  }
}

export const attentions: Readonly<Record<string, Rule>> = { Attention: attention }
