import type { Result, Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'

/** Axes are input 1: sorted, positive, never left out; before opset 18 (ReduceSum 13) they were an attribute. */
function reduce(call: Call): Result {
  const shape = call.shape(0)
  const keep = call.int('keepdims', 1) === 1
  const old = call.opset < (call.node.op === 'ReduceSum' ? 13 : 18)
  let given = old ? (call.hasAttribute('axes') ? call.ints('axes') : []) : call.has(1) ? call.integers(1, 'axes') : []
  if (given.length === 0) {
    if (!old && call.int('noop_with_empty_axes', 0) === 1) return { same: call.input(0) }
    given = shape.map((_, i) => i)
  }
  const axes = [...new Set(given.map((a) => call.axis(a, shape.length)))].sort((a, b) => a - b)
  const out = shape.flatMap((d, i) => (axes.includes(i) ? (keep ? [1] : []) : [d]))
  return {
    outputs: [{ dtype: call.dtype(0), shape: out }],
    inputs: [call.input(0), call.addNumbers('axes', axes)],
    attributes: { keepdims: keep ? 1 : 0 },
  }
}

function extreme(call: Call): Result {
  const shape = call.shape(0)
  const axis = call.axis(call.int('axis', 0), shape.length)
  const keep = call.int('keepdims', 1) === 1
  const out = shape.flatMap((d, i) => (i === axis ? (keep ? [1] : []) : [d]))
  return {
    outputs: [{ dtype: 'int64', shape: out }],
    attributes: { axis, keepdims: keep ? 1 : 0, select_last_index: call.int('select_last_index', 0) },
  }
}

const names = ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp']

export const reductions: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(names.map((name) => [`Reduce${name}`, reduce])),
  ArgMax: extreme,
  ArgMin: extreme,
}
