import { placeholder, scan, type Tensor } from '@snn/tensor'
import type { Network, NetworkState, RunOptions, RunResult } from './network.js'

/** The state the network starts from, for inputs of one step [N, ..] by name. */
export function initialState(net: Network, inputs: Readonly<Record<string, Tensor>>): NetworkState {
  const shapes: Record<string, { shape: readonly number[]; dtype: Tensor['dtype'] }> = {}
  const probe = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, placeholder(x.shape, x.dtype)]))
  for (const [name, state] of Object.entries(net.run('step', probe).state)) {
    const [first] = Object.values(state)
    if (first) shapes[name] = { shape: first.shape, dtype: first.dtype }
  }
  return Object.fromEntries(
    net.nodes.flatMap(({ name, layer }) => {
      const like = shapes[name]
      return like && 'step' in layer ? [[name, layer.initialState(like.shape, like.dtype)] as const] : []
    }),
  )
}

/**
 * The whole network in one time loop: x [T, N, ..] -> [T, N, ..], with memory that does not grow with T but for what is
 * returned. Equal to `net.forward`, batch statistics in training aside.
 */
export function stepwise(net: Network, x: Tensor, options: RunOptions = {}): RunResult {
  const first = { [net.inputs[0]!.name]: placeholder(x.shape.slice(1), x.dtype) }
  const start = { ...initialState(net, first), ...options.state }
  const [state, ys] = scan(
    (before: NetworkState, now: Tensor) => {
      const { outputs, state: after, recorded } = net.run('step', net.bind(now), { ...options, state: before })
      return [after, { outputs, recorded }] as const
    },
    start,
    x,
  )
  return { ...ys, state }
}
