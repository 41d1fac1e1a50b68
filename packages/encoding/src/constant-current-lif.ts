import { lif } from '@snn/neuron'
import { scan, type Tensor } from '@snn/tensor'
import { checkObject, checkTensor, checkOptions } from '@snn/tensor/library'
import { checkFloat, checkPositive, checkWhole } from './check.js'
import { firstSpikes } from './spike-time.js'

export interface ConstantCurrentOptions {
  /** Number of steps. */
  readonly T: number
  /** Time constant of the membrane in steps. Default 10. */
  readonly tau?: number
  /** Default 1. */
  readonly threshold?: number
}

/**
 * The spikes of leaky integrate-and-fire neurons with constant input currents: x [N, ..] -> [T, N, ..]. Gradients flow
 * as through
 * `lif`.
 *
 *   v <- v + (x - v) / tau,   s = H(v - threshold),   v <- (1 - s) v
 *
 * @throws `DTYPE` unless x is of a floating-point type, `ARGUMENT` for an option outside its domain
 */
export function constantCurrentLif(x: Tensor, options: ConstantCurrentOptions): Tensor {
  checkTensor('constantCurrentLif', x, 'x')
  checkOptions('constantCurrentLif', options, ['T', 'tau', 'threshold'])
  const { T, tau = 10, threshold = 1 } = options
  checkFloat('constantCurrentLif', x)
  checkWhole('constantCurrentLif', 'T', T, 1)
  checkPositive('constantCurrentLif', 'tau', tau)
  checkPositive('constantCurrentLif', 'threshold', threshold)
  const cell = lif({ tau, threshold })
  const [, spikes] = scan(
    (before: ReturnType<typeof cell.initialState>) => {
      const { spike, state } = cell.step(x, before)
      return [state, spike] as const
    },
    cell.initialState(x.shape, x.dtype),
    [],
    { length: T },
  )
  return spikes
}

/** The first spike of each neuron of `constantCurrentLif`, as if it were refractory ever after. */
export function spikeLatencyLif(x: Tensor, options: ConstantCurrentOptions): Tensor {
  checkTensor('spikeLatencyLif', x, 'x')
  checkObject('spikeLatencyLif', options)
  return firstSpikes(constantCurrentLif(x, options))
}
