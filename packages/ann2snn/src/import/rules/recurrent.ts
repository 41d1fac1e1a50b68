import { stringsAttribute } from '@snn/onnx'
import type { Call, Operand, Rule } from '../call.js'
import { formulaOf, parameterOf, type Formula } from '../formula.js'

// A recurrent layer over a fixed number of steps is written out step by step. What its weights do to the inputs is one
// linear layer for all steps; the recurrent weights are one array that each step multiplies by.

/** More steps make a network that nobody can look at. */
const mostSteps = 512

/** The weights of one direction. */
interface Direction {
  /** What the input gives at each step, with all biases but those in `recurrentBias`: [1, gates H]. */
  at(step: number): Formula
  /** [H, gates H] */
  readonly recurrent: Formula
  /** Of the recurrent part of a GRU that resets behind it: [1, H]. */
  readonly recurrentBias: Formula | undefined
}

/** States [1, H] after one step; the first is the output. */
type Step = (states: readonly Formula[], step: number, direction: Direction, hidden: number) => readonly Formula[]

const gate = (z: Formula, i: number, hidden: number): Formula => z.slice(1, i * hidden, (i + 1) * hidden)

/** i, o, f = sigmoid; c = f c + i tanh(g); h = o tanh(c). */
const lstm: Step = ([h, c], step, { at, recurrent }, hidden) => {
  const z = at(step).binary('add', h!.matmul(recurrent))
  const [i, o, f] = [0, 1, 2].map((k) => gate(z, k, hidden).unary('sigmoid')) as [Formula, Formula, Formula]
  const cell = f.binary('mul', c!).binary('add', i.binary('mul', gate(z, 3, hidden).unary('tanh')))
  return [o.binary('mul', cell.unary('tanh')), cell]
}

/** z, r = sigmoid; h = (1 - z) tanh(g + R (r h)) + z h, or with r behind R. */
const gru: Step = ([before], step, { at, recurrent, recurrentBias }, hidden) => {
  const h = before!
  const x = at(step)
  const [z, r] = [0, 1].map((k) =>
    gate(x, k, hidden)
      .binary('add', h.matmul(gate(recurrent, k, hidden)))
      .unary('sigmoid'),
  ) as [Formula, Formula]
  const own = gate(recurrent, 2, hidden)
  const back = recurrentBias
    ? r.binary('mul', h.matmul(own).binary('add', recurrentBias))
    : r.binary('mul', h).matmul(own)
  const candidate = gate(x, 2, hidden).binary('add', back).unary('tanh')
  return [candidate.binary('add', z.binary('mul', h.binary('sub', candidate)))]
}

/** h = tanh(W x + R h) */
const rnn: Step = ([h], step, { at, recurrent }) => [at(step).binary('add', h!.matmul(recurrent)).unary('tanh')]

/** Rows `start` .. `end - 1` of direction `d` of an array [directions, rows, ..]. */
function rowsOf({ data, shape }: Operand, d: number, start = 0, end = shape[1]!): Operand {
  const [size, inner] = [data.length / shape[0]!, data.length / shape[0]! / shape[1]!]
  return { data: data.slice(d * size + start * inner, d * size + end * inner), shape: [end - start, ...shape.slice(2)] }
}

function turned({ data, shape }: Operand): Operand {
  const [rows, columns] = shape as [number, number]
  return {
    data: Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!),
    shape: [columns, rows],
  }
}

function directionOf(call: Call, d: number, gates: number, hidden: number): Direction {
  const [weight, recurrent] = [call.array(1, 'weight W'), call.array(2, 'weight R')]
  const resetsBehind = call.node.op === 'GRU' && call.int('linear_before_reset', 0) === 1
  const bias = call.has(3) ? rowsOf(call.array(3, 'bias B'), d).data : new Float32Array(2 * gates * hidden)
  const apart = (row: number): boolean => resetsBehind && row >= 2 * hidden
  const joined = Float32Array.from(
    { length: gates * hidden },
    (_, row) => bias[row]! + (apart(row) ? 0 : bias[gates * hidden + row]!),
  )
  const inputs = formulaOf(call).linear(rowsOf(weight, d), { data: joined, shape: [gates * hidden] })
  return {
    at: (step) => inputs.slice(0, step, step + 1),
    recurrent: parameterOf(call, turned(rowsOf(recurrent, d))),
    recurrentBias: resetsBehind
      ? parameterOf(call, { data: bias.slice((gates + 2) * hidden), shape: [1, hidden] })
      : undefined,
  }
}

/** The initial state that is input `i`, of direction `d`: [1, H]. */
function initial(call: Call, i: number, d: number, hidden: number): Formula {
  if (!call.has(i)) return parameterOf(call, { data: new Float32Array(hidden), shape: [1, hidden] })
  if (!call.isConstant(i)) return formulaOf(call, i).slice(0, d, d + 1)
  const state = call.array(i, 'initial state')
  return state.shape[1] === 1
    ? parameterOf(call, rowsOf(state, d))
    : call.refuse('its initial states differ from sample to sample', 'Export the model with initial states of zero.')
}

function recurrent(gates: number, functions: readonly string[], states: readonly number[], step: Step): Rule {
  return (call) => {
    const { layout } = call.activation(0)
    if (layout.axis !== 1 || layout.inner !== 1) return call.refuseBatch()
    const steps = layout.shape[0]!
    if (steps > mostSteps)
      return call.refuse(`it has ${steps} steps`, `Export the model with at most ${mostSteps} steps.`)
    const given = stringsAttribute(call.node, 'activations')
    if (given.some((name, i) => name.toLowerCase() !== functions[i % functions.length]!.toLowerCase()))
      return call.refuse(`its functions are ${given.join(', ')}`, `Use ${functions.join(', ')}.`)
    if (call.int('input_forget', 0) === 1)
      return call.refuse('its input and forget gates are one', 'Use gates of their own.')
    if (call.has(4))
      return call.refuse('its sequences differ in length', 'Export the model with sequences of one length.')
    if (call.has(7)) return call.refuse('it has peepholes', 'Use a layer without peepholes.')
    const hidden = call.int('hidden_size')
    const kind = call.string('direction')
    const backwards = kind === 'bidirectional' ? [false, true] : [kind === 'reverse']
    const runs = backwards.map((backward, d) => {
      const direction = directionOf(call, d, gates, hidden)
      const order = Array.from({ length: steps }, (_, i) => (backward ? steps - 1 - i : i))
      const outputs: Formula[] = []
      let now: readonly Formula[] = states.map((i) => initial(call, i, d, hidden))
      for (const at of order) {
        now = step(now, at, direction, hidden)
        outputs[at] = now[0]!.reshape([1, 1, hidden])
      }
      return { all: outputs[0]!.concat(outputs.slice(1), 0), last: now }
    })
    const [first, ...others] = runs
    const last = states.map(
      (_, i) =>
        first!.last[i]!.concat(
          others.map(({ last: now }) => now[i]!),
          0,
        ).source,
    )
    return [
      first!.all.concat(
        others.map(({ all }) => all),
        1,
      ).source,
      ...last,
    ]
  }
}

export const recurrences: Readonly<Record<string, Rule>> = {
  LSTM: recurrent(4, ['Sigmoid', 'Tanh', 'Tanh'], [5, 6], lstm),
  GRU: recurrent(3, ['Sigmoid', 'Tanh'], [5], gru),
  RNN: recurrent(1, ['Tanh'], [5], rnn),
}
