import { placeholder, scan, type Tensor } from '@snn/tensor'
import { checkObject, isTensor } from '@snn/tensor/library'
import type { Inputs, NetworkState, Runnable, RunOptions, RunResult } from './network-form.js'
import { checkNetwork } from './check.js'

/** The state the network starts from, for inputs of one step [N, ..]. To be called in a trace. */
export function initialState(net: Runnable, inputs: Inputs): NetworkState {
  checkNetwork('initialState', net)
  return net.run(
    'step',
    mapInputs(inputs, (x) => placeholder(x.shape, x.dtype)),
  ).initial
}

/** Options of `stepwise`. */
export interface StepwiseOptions extends RunOptions {
  /**
   * For a gradient in less memory: keep the states only every so many steps, and run those in between again. Default:
   * every state is kept.
   */
  readonly checkpoint?: number
}

/**
 * The whole network in one time loop: x [T, N, ..] -> [T, N, ..], with memory that does not grow with T but for what is
 * returned, and in training for the states that the gradient needs. Equal to `net.run('sequence', ..)`, batch
 * statistics in training aside.
 */
export function stepwise(net: Runnable, inputs: Inputs, settings: StepwiseOptions = {}): RunResult {
  checkNetwork('stepwise', net)
  checkObject('stepwise', settings)
  const { checkpoint, ...options } = settings
  const initial = initialState(
    net,
    mapInputs(inputs, (x) => placeholder(x.shape.slice(1), x.dtype)),
  )
  const start = Object.fromEntries(
    Object.entries(initial).map(([name, state]) => [name, { ...state, ...options.state?.[name] }]),
  )
  const [state, ys] = scan(
    (before: NetworkState, now: Inputs) => {
      const { outputs, state: after, recorded } = net.run('step', now, { ...options, state: before })
      return [after, { outputs, recorded }] as const
    },
    start,
    inputs,
    checkpoint === undefined ? {} : { checkpoint },
  )
  return { ...ys, state, initial }
}

function mapInputs(inputs: Inputs, map: (x: Tensor) => Tensor): Inputs {
  if (!isTensor(inputs)) checkObject('network', inputs, 'x', 'a Tensor, or Tensors by the names of inputs')
  return isTensor(inputs) ? map(inputs) : Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, map(x)]))
}
