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
  if (shape.length !== 3 || typeof hidden !== 'number' || count < 1 || hidden % count !== 0) return call.fail(`input ${i} of shape ${formatDims(shape)} for ${count} heads`)
  const split = call.before('Reshape', [call.input(i), call.addNumbers('heads', [0, 0, count, hidden / count])])
  return call.before('Transpose', [split], { perm: [0, 2, 1, 3] })
}

/** Each head `times` times: [N, heads, L, size] -> [N, heads times, L, size]. */
function repeated(call: Call, value: string, times: number): string {
  if (times === 1) return value
  const [, count, , size] = call.shapeOf(value) as readonly number[]
  const apart = call.before('Reshape', [value, call.addNumbers('apart', [0, count!, 1, -1, size!])])
  const copies = call.before('Concat', Array.from({ length: times }, () => apart), { axis: 2 })
  return call.before('Reshape', [copies, call.addNumbers('together', [0, count! * times, -1, size!])])
}

/** What is added to the scores: the mask, a boolean one as 0 and -infinity; undefined for none. */
function maskOf(call: Call, queries: Dim, keys: Dim, causal: boolean): string | undefined {
  if (!call.has(3)) return undefined
  if (call.shape(3).at(-1) !== keys) return call.refuse(`its mask has shape ${formatDims(call.shape(3))} for ${keys} keys`, 'Export it with a mask for every key.')
  const constant = call.constant(3)
  if (!constant) return call.dtype(3) === 'bool' ? call.refuse('its boolean mask is computed at run time', 'Export it with a fixed mask, or with one of floats.') : call.input(3)
  if (!call.afford(constant.data.length)) return call.refuse('its mask is too large', 'Export it with a mask that broadcasts.')
  const values = numbersOf(constant).map((value) => (constant.dtype !== 'bool' ? value : value ? 0 : -Infinity))
  // a query that sees no key has no softmax; ONNX says that its result is 0
  const [rows, columns] = [Number(queries), Number(keys)]
  for (let row = 0; row < values.length / columns; row++) {
    const seen = causal ? (row % rows) + 1 : columns
    if (values.slice(row * columns, row * columns + seen).every((value) => value === -Infinity)) return call.refuse('its mask leaves a query without keys', 'Export it with a mask that leaves each query one key.')
  }
  return constant.dtype === 'bool' ? call.addTensor('mask', tensorOf('float32', constant.shape, values)) : call.input(3)
}

/** 0 where a query may look, -infinity at the keys behind it. */
function causalMask(call: Call, queries: Dim | undefined, keys: Dim | undefined): string {
  const shape = [queries, keys]
  if (!isStatic(shape as readonly Dim[])) return call.refuse('it is causal over a free number of steps', 'Give the sizes with the option sizes.')
  const [rows, columns] = shape as readonly number[]
  return call.addTensor('causal', tensorOf('float32', [rows!, columns!], Array.from({ length: rows! * columns! }, (_, i) => (i % columns! <= Math.floor(i / columns!) ? 0 : -Infinity))))
}

/**
 * Y = softmax(scale Q K' + mask) V for each head, written with the operations that it is made of. Keys and values of fewer heads are
 * used by several; with `softcap` the scores are softcap tanh(scores / softcap) before the mask.
 */
const attention: Rule = (call) => {
  if ([4, 5, 6].some((i) => call.has(i))) call.refuse('it keeps keys and values of earlier calls', 'Export the model without a cache.')
  if ([1, 2, 3].some((i) => call.used(i))) call.refuse('its keys, values or scores are used', 'Export the model without a cache.')
  if (['left_window_size', 'right_window_size'].some((name) => call.int(name, -1) >= 0)) call.refuse('it looks at a window', 'Export it with a mask.')
  const flat = call.rank(0) === 3
  const [queryHeads, keyHeads] = flat ? [call.int('q_num_heads'), call.int('kv_num_heads')] : [call.shape(0)[1], call.shape(1)[1]]
  if (typeof queryHeads !== 'number' || typeof keyHeads !== 'number' || queryHeads % keyHeads !== 0) return call.fail(`${queryHeads} heads of queries for ${keyHeads} of keys`)
  const [q, k, v] = [heads(call, 0, queryHeads), heads(call, 1, keyHeads), heads(call, 2, keyHeads)]
  const [, , queries, size] = call.shapeOf(q)
  const keys = call.shapeOf(k)[2]!
  const scale = call.float('scale', 0) || 1 / Math.sqrt(size as number)
  const number = (wish: string, value: number): string => call.addNumbers(wish, [value], 'float32', [])
  const times = queryHeads / keyHeads
  const turned = call.before('Transpose', [repeated(call, k, times)], { perm: [0, 1, 3, 2] })
  let scores = call.before('MatMul', [call.before('Mul', [q, number('scale', scale)]), turned])
  const cap = call.float('softcap', 0)
  if (cap > 0) scores = call.before('Mul', [call.before('Tanh', [call.before('Div', [scores, number('softcap', cap)])]), number('softcap', cap)])
  const causal = call.int('is_causal', 0) === 1
  if (causal) scores = call.before('Add', [scores, causalMask(call, queries, keys)])
  const mask = maskOf(call, queries!, keys, causal)
  if (mask) scores = call.before('Add', [scores, mask])
  const result = call.before('MatMul', [call.before('Softmax', [scores], { axis: 3 }), repeated(call, v, times)])
  if (!flat) return { same: result }
  const hidden = queryHeads * (call.shapeOf(v)[3] as number)
  return { same: call.before('Reshape', [call.before('Transpose', [result], { perm: [0, 2, 1, 3] }), call.addNumbers('hidden', [0, 0, hidden])]) }
}

export const attentions: Readonly<Record<string, Rule>> = { Attention: attention }
