import { erf, surrogateParts, type Surrogate } from '@snn/surrogate'
import { formatShape, SnnError, zeros, type Shape, type Tensor, type Variable } from '@snn/tensor'
import { checkObject, checkOptions, wrongArgument } from '@snn/tensor/library'
import type { Config, StatefulLayer, Variables } from '../layer.js'
import { linearLayer } from '../layers/linear.js'
import { gruCell, lstmCell, vanillaCell, type RecurrentCell } from './cells.js'

export interface CellOptions {
  /** Spike function of the gates. Default `erf()`. */
  readonly surrogate?: Surrogate
  /** Spike function of the candidate: g of an LSTM, n of a GRU. Default: that of the gates. */
  readonly candidateSurrogate?: Surrogate
}

/** The cells by the kind of their layer. */
export const recurrentCells = {
  spikingRnn: vanillaCell,
  spikingLstm: lstmCell,
  spikingGru: gruCell,
} as const satisfies Record<string, RecurrentCell>

/** The recurrent cells. */
export type RecurrentKind = keyof typeof recurrentCells

/**
 * One layer of spiking recurrent cells over given arrays: x [.., inputs] -> h [.., hidden], with `inputWeight` [gates
 * hidden, inputs],
 * `hiddenWeight` [gates hidden, hidden] and optional `inputBias`, `hiddenBias` [gates hidden], beside those of
 * learnable surrogates. The gates come in the order of the equations. All states start at 0.
 *
 * @throws `SHAPE` for arrays that do not fit each other, and, when run, for another input size
 */
export function recurrentLayer(kind: RecurrentKind, weights: Variables, options: CellOptions = {}): StatefulLayer {
  checkObject('recurrentLayer', weights, 'weights', 'Variables by name')
  checkOptions('recurrentLayer', options, ['surrogate', 'candidateSurrogate'])
  const { surrogate = erf(), candidateSurrogate = surrogate } = options
  if (!Object.hasOwn(recurrentCells, kind))
    throw wrongArgument('recurrentLayer', 'kind', kind, `one of ${Object.keys(recurrentCells).join(', ')}`)
  const cell: RecurrentCell = recurrentCells[kind]
  const { hidden, inputs } = sizesOf(kind, cell.gates, weights)
  const input = pick(weights, 'inputWeight', 'inputBias')
  const recurrent = pick(weights, 'hiddenWeight', 'hiddenBias')
  const parts = [
    surrogateParts(surrogate),
    ...(candidateSurrogate === surrogate ? [] : [surrogateParts(candidateSurrogate, 'candidateSurrogate')]),
  ]
  const gates = (x: Tensor, arrays: Variables): Tensor[] => {
    const all = linearLayer({}, arrays).apply([x], { training: false, lead: 1 })
    return Array.from({ length: cell.gates }, (_, gate) => all.slice(-1, gate * hidden, (gate + 1) * hidden))
  }
  return {
    contract: 1,
    kind,
    config: Object.assign({}, ...parts.map(({ config }) => config)) as Config,
    variables: Object.assign({}, weights, ...parts.map(({ variables }) => variables)) as Variables,
    trainable: [...Object.keys(weights), ...parts.flatMap(({ trainable }) => trainable)],
    initialState(shape, dtype) {
      if (shape.at(-1) !== inputs || shape.length < 2) {
        throw new SnnError(
          'SHAPE',
          `[${kind}] input of one step of shape ${formatShape(shape)}, expected [N,${inputs}]. Correct the size of the layer or of its input.`,
          { shapes: [shape] },
        )
      }
      return Object.fromEntries(cell.state.map((name) => [name, zeros([...shape.slice(0, -1), hidden], { dtype })]))
    },
    step(x, state) {
      const after = cell.step(
        gates(x, input),
        gates(state['h']!, recurrent),
        state,
        (u) => surrogate.spike(u),
        (u) => candidateSurrogate.spike(u),
      )
      return { output: after['h']!, spike: after['h']!, state: after }
    },
  }
}

function pick(variables: Variables, weight: string, bias: string): Variables {
  return { weight: variables[weight]!, ...(variables[bias] && { bias: variables[bias] }) }
}

function sizesOf(
  kind: string,
  gates: number,
  { inputWeight, hiddenWeight, inputBias, hiddenBias }: Readonly<Record<string, Variable | undefined>>,
): { readonly hidden: number; readonly inputs: number } {
  const [hidden, inputs] = [hiddenWeight?.shape[1] ?? 0, inputWeight?.shape[1] ?? 0]
  const shapes: Shape[] = []
  const fits = (value: Variable | undefined, ...shape: readonly number[]): boolean => {
    if (value) shapes.push(value.shape)
    return value !== undefined && formatShape(value.shape) === formatShape(shape)
  }
  const biasFits = (bias: Variable | undefined): boolean => !bias || fits(bias, gates * hidden)
  if (
    [
      fits(hiddenWeight, gates * hidden, hidden),
      fits(inputWeight, gates * hidden, inputs),
      biasFits(inputBias),
      biasFits(hiddenBias),
    ].every(Boolean) &&
    hidden > 0
  )
    return { hidden, inputs }
  throw new SnnError(
    'SHAPE',
    `[${kind}] arrays of shapes ${shapes.map(formatShape).join(', ') || 'none'}, expected hiddenWeight [${gates} H,H], inputWeight [${gates} H,I], and biases [${gates} H] or none.`,
    { shapes },
  )
}
