import { SnnError } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { check, checkSizes } from '../check.js'
import { drawnWeights } from '../initialize.js'
import type { StatefulLayer } from '../layer.js'
import { drop } from '../layers/dropout.js'
import { concatLayer } from '../layers/shape.js'
import { Network } from '../network.js'
import type { NetworkNode } from '../network-form.js'
import { recurrentCells, recurrentLayer, type CellOptions, type RecurrentKind } from './recurrent-layer.js'
import { reverseTimeLayer } from './reverse-time.js'

export interface RecurrentOptions extends CellOptions {
  /** How many, one after the other. Default 1. */
  readonly layers?: number
  /**
   * A second set of layers goes from the last step to the first; outputs [.., 2 hidden]: forward, backward. Needs all
   * steps at once. Default false.
   */
  readonly bidirectional?: boolean
  /** Probability of dropping a value between layers, in training. Default 0. */
  readonly dropout?: number
  /** One dropout mask for all steps of a sequence. Default false: a new one every step. */
  readonly invariantDropout?: boolean
  /** Default true. */
  readonly bias?: boolean
}

/**
 * Spiking recurrent layers, x [T, N, inputs] -> h [T, N, hidden]; H is the Heaviside step with a surrogate gradient:
 *
 *   h = H(W x + b + W h + b)
 *
 * Weights are drawn from U(-1 / sqrt(hidden), 1 / sqrt(hidden)). The nodes are `layer1`, `dropout1`, `layer2`, .., or
 * with
 * `bidirectional` `forward1`, `backward1`, ..
 *
 * @throws `ARGUMENT` for sizes that are not positive whole numbers and probabilities outside of [0, 1)
 */
export function spikingRnn(inputs: number, hidden: number, options: RecurrentOptions = {}): Network {
  checkObject('spikingRnn', options)
  return recurrentNetwork('spikingRnn', inputs, hidden, options)
}

/**
 * Spiking LSTM (Lotfi Rezaabad and Vishwanath, ICONS 2020), otherwise as `spikingRnn`:
 *
 *   [i, f, g, o] = H(W x + b + W h + b)
 *   c = min(c f + i g, 1), the minimum without an effect on the gradient
 *   h = c o
 */
export function spikingLstm(inputs: number, hidden: number, options: RecurrentOptions = {}): Network {
  checkObject('spikingLstm', options)
  return recurrentNetwork('spikingLstm', inputs, hidden, options)
}

/**
 * Spiking GRU, otherwise as `spikingRnn`:
 *
 *   [r, z] = H(W x + b + W h + b)
 *   n = H(W x + b + r (W h + b))
 *   h = (1 - z) n + z h
 */
export function spikingGru(inputs: number, hidden: number, options: RecurrentOptions = {}): Network {
  checkObject('spikingGru', options)
  return recurrentNetwork('spikingGru', inputs, hidden, options)
}

/**
 * One layer of cells with weights of its own: a layer with the states `h` and, of an LSTM, `c`. Errors as `spikingRnn`.
 */
export function recurrentCell(
  kind: RecurrentKind,
  inputs: number,
  hidden: number,
  settings: CellOptions & Pick<RecurrentOptions, 'bias'> = {},
): StatefulLayer {
  checkObject('recurrentCell', settings)
  const { bias = true, ...options } = settings
  if (!(kind in recurrentCells))
    throw new SnnError(
      'ARGUMENT',
      `[recurrentCell] kind '${kind}', expected one of ${Object.keys(recurrentCells).join(', ')}.`,
      { name: 'kind', value: kind },
    )
  checkSizes(kind, { inputs, hidden })
  const rows = recurrentCells[kind].gates * hidden
  const shapes = {
    inputWeight: [rows, inputs],
    ...(bias && { inputBias: [rows] }),
    hiddenWeight: [rows, hidden],
    ...(bias && { hiddenBias: [rows] }),
  }
  const { variables, initialize } = drawnWeights(kind, shapes, hidden)
  return { ...recurrentLayer(kind, variables, options), initialize }
}

function recurrentNetwork(kind: RecurrentKind, inputs: number, hidden: number, options: RecurrentOptions): Network {
  const { layers = 1, bidirectional = false, dropout = 0, invariantDropout = false, ...cellOptions } = options
  checkSizes(kind, { inputs, hidden, layers })
  check(kind, 'dropout', dropout, dropout >= 0 && dropout < 1, 'a probability of at least 0 and below 1')
  const nodes: NetworkNode[] = []
  const add = (name: string, layer: NetworkNode['layer'], ...from: readonly string[]): string => {
    nodes.push({ name, layer, inputs: from })
    return name
  }
  let [source, size] = ['input', inputs]
  for (let i = 1; i <= layers; i++) {
    const cell = (): StatefulLayer => recurrentCell(kind, size, hidden, cellOptions)
    if (!bidirectional) source = add(`layer${i}`, cell(), source)
    else {
      const forward = add(`forward${i}`, cell(), source)
      const reversed = add(`reversed${i}`, reverseTimeLayer({}), source)
      const backward = add(`backward${i}`, cell(), reversed)
      const again = add(`restored${i}`, reverseTimeLayer({}), backward)
      source = add(`both${i}`, concatLayer({ axis: -1 }), forward, again)
    }
    size = bidirectional ? 2 * hidden : hidden
    if (dropout !== 0 && i < layers)
      source = add(`dropout${i}`, drop(kind, { p: dropout, channels: false, invariant: invariantDropout }), source)
  }
  return new Network({ inputs: [{ name: 'input' }], nodes, outputs: [source] })
}
