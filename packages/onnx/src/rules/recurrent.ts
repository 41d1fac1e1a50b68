import { formatDims } from '../dim.js'
import type { Rule } from '../read/builder.js'
import type { Call } from '../read/call.js'

/** An initial state of zeros is the same as none. */
function initialState(call: Call, i: number): string {
  if (!call.has(i)) return ''
  const constant = call.constant(i)
  return constant && constant.data.every((value) => Number(value) === 0) ? '' : call.input(i)
}

/**
 * X [L, N, in], W [directions, gates H, in], R [directions, gates H, H] -> Y [L, directions, N, H] and the last states
 * [directions, N, H].
 */
function recurrent(gates: number, defaults: readonly string[]): Rule {
  return (call) => {
    if (call.int('layout', 0) !== 0) call.refuse('its batch is the first axis', 'Export it with layout 0.')
    if (call.hasAttribute('clip')) call.refuse('it clips its states', 'Export the model without clip.')
    const [steps, batch, inputs, ...more] = call.shape(0)
    const [directions, rows, columns] = call.shape(1)
    const direction = call.string('direction', 'forward')
    const count = direction === 'bidirectional' ? 2 : 1
    const hidden = call.int('hidden_size', typeof rows === 'number' ? rows / gates : 0)
    if (
      steps === undefined ||
      batch === undefined ||
      inputs === undefined ||
      more.length > 0 ||
      directions !== count ||
      rows !== gates * hidden ||
      (typeof inputs === 'number' && columns !== inputs)
    ) {
      return call.fail(
        `X of shape ${formatDims(call.shape(0))} with W of shape ${formatDims(call.shape(1))} for ${count} directions of ${hidden} values`,
      )
    }
    const given = call.strings('activations', [])
    const dtype = call.dtype(0)
    const last = { dtype, shape: [count, batch, hidden] }
    const kept = call.node.inputs.map((name, i) => (i === 5 || i === 6 ? initialState(call, i) : name))
    return {
      outputs: [{ dtype, shape: [steps, count, batch, hidden] }, last, last],
      inputs: kept,
      attributes: {
        hidden_size: hidden,
        direction,
        activations: given.length > 0 ? given : Array.from({ length: count }, () => defaults).flat(),
        ...(call.node.op === 'LSTM' && { input_forget: call.int('input_forget', 0) }),
        ...(call.node.op === 'GRU' && { linear_before_reset: call.int('linear_before_reset', 0) }),
      },
    }
  }
}

export const recurrences: Readonly<Record<string, Rule>> = {
  LSTM: recurrent(4, ['Sigmoid', 'Tanh', 'Tanh']),
  GRU: recurrent(3, ['Sigmoid', 'Tanh']),
  RNN: recurrent(1, ['Tanh']),
}
