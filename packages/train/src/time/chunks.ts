import { initialState, type Network, type NetworkState } from '@snn/nn'
import { placeholder, scan, SnnError, type Tensor } from '@snn/tensor'
import { checkMembers, checkOptions, checkTensor } from '@snn/tensor/library'

export interface ChunkOptions {
  /** Steps in a chunk; divides T. */
  readonly chunk: number
  /** Batch statistics and dropout, as in training. Default false. */
  readonly training?: boolean
  /** Where to start from. Default: the initial state. */
  readonly state?: NetworkState
}

/** [T, N, ..] as chunks [T / chunk, chunk, N, ..]. Throws `ARGUMENT` where the steps do not divide. */
export function inChunks(x: Tensor, chunk: number, operation: string): Tensor {
  const [T = 0, ...rest] = x.shape
  if (!Number.isSafeInteger(chunk) || chunk < 1 || T % chunk !== 0 || T === 0) {
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] ${T} steps in chunks of ${chunk}, expected a whole number of at least 1 that divides them. Pad or cut the sequence.`,
      { name: 'chunk', value: chunk },
    )
  }
  return x.reshape([T / chunk, chunk, ...rest])
}

/** The state from which a network starts on x [T, N, ..], or the one given. */
export function startState(net: Network, x: Tensor, state: NetworkState = {}): NetworkState {
  const initial = initialState(net, placeholder(x.shape.slice(1), x.dtype))
  return Object.fromEntries(Object.entries(initial).map(([name, values]) => [name, { ...values, ...state[name] }]))
}

/**
 * `net.forwardWithState` in a loop over chunks of time, x [T, N, ..] -> [T, N, ..] and the last state: equal outputs
 * and exact gradients (batch statistics aside, which are those of a chunk), in less memory. For the gradient only the
 * state at the start of each chunk is kept, and the steps of one chunk at a time are computed again.
 *
 * @throws `ARGUMENT` where the chunks do not divide the steps
 */
export function forwardInChunks(net: Network, x: Tensor, options: ChunkOptions): readonly [Tensor, NetworkState] {
  checkMembers('forwardInChunks', net, 'net', ['nodes', 'forwardWithState()'], 'a Network such as sequential(..)')
  checkTensor('forwardInChunks', x)
  checkOptions('forwardInChunks', options, ['chunk', 'training', 'state'])
  const { chunk, training = false, state } = options
  const [last, outputs] = scan(
    (before: NetworkState, part: Tensor) => {
      const [output, after] = net.forwardWithState(part, { training, state: before })
      return [after, output] as const
    },
    startState(net, x, state),
    inChunks(x, chunk, 'forwardInChunks'),
  )
  return [outputs.reshape([x.shape[0]!, ...outputs.shape.slice(2)]), last]
}
