import { formatDims } from '../dim.js'
import type { Dim } from '../graph.js'
import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'
import { broadcast, sameDim } from './shapes.js'

/**
 * Y = alpha A' B' + beta C, all four attributes given; a constant C that is one row or one number is a row of shape
 * [n].
 */
function gemm(call: Call): Result {
  call.sameTypes()
  return multiplyMatrices(call)
}

/** The same where the types differ, as those of quantised inputs do. */
export function multiplyMatrices(call: Call): Result {
  const [a, b] = [call.shape(0), call.shape(1)]
  const [transA, transB] = [call.int('transA', 0), call.int('transB', 0)]
  if (a.length !== 2 || b.length !== 2) call.fail(`shapes ${formatDims(a)} and ${formatDims(b)}, expected two matrices`)
  const [m, k] = transA ? [a[1]!, a[0]!] : [a[0]!, a[1]!]
  const [l, n] = transB ? [b[1]!, b[0]!] : [b[0]!, b[1]!]
  sameDim(
    call,
    k,
    l,
    () => `shapes ${formatDims(a)} and ${formatDims(b)} with transA ${transA}, transB ${transB} do not multiply`,
  )
  const inputs = [call.input(0), call.input(1)]
  if (call.has(2)) {
    const c = call.shape(2)
    const out = broadcast(call, [c, [m, n]])
    if (out.length !== 2 || (out[0] !== m && typeof m === 'number') || out[1] !== n)
      call.fail(`its C of shape ${formatDims(c)} does not broadcast to ${formatDims([m, n])}`)
    inputs.push(bias(call, c, n))
  }
  return {
    outputs: [{ dtype: call.dtype(0), shape: [m, n] }],
    inputs,
    attributes: { alpha: call.float('alpha', 1), beta: call.float('beta', 1), transA, transB },
  }
}

function bias(call: Call, shape: readonly Dim[], n: Dim): string {
  const c = call.constant(2)
  if (!c || typeof n !== 'number' || !call.afford(n) || (shape.length === 1 && shape[0] === n)) return call.input(2)
  if (c.data.length === 1) return call.addNumbers('C', new Array<number>(n).fill(Number(c.data[0])), c.dtype)
  return c.data.length === n && shape.at(-1) === n ? call.addTensor('C', { ...c, shape: [n] }) : call.input(2)
}

function matMul(call: Call): Result {
  call.sameTypes()
  return multiply(call)
}

/** The same where the types differ, as those of quantised inputs do. */
export function multiply(call: Call): Result {
  const [a, b] = [call.shape(0), call.shape(1)]
  const what = (): string => `shapes ${formatDims(a)} and ${formatDims(b)} do not multiply`
  if (a.length === 0 || b.length === 0) call.fail(what())
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b]
  sameDim(call, left.at(-1)!, right.at(-2)!, what)
  const shape = broadcast(call, [left.slice(0, -2), right.slice(0, -2)])
  if (a.length > 1) shape.push(left.at(-2)!)
  if (b.length > 1) shape.push(right.at(-1)!)
  return { outputs: [{ dtype: call.dtype(0), shape }], attributes: {} }
}

export const linear: Readonly<Record<string, Rule>> = { Gemm: gemm, MatMul: matMul }
