import {
  formatShape,
  sameShape,
  scalar,
  SnnError,
  variable,
  where,
  zerosVariable,
  type Tensor,
  type Variable,
} from '@snn/tensor'
import type { Network } from './network.js'
import type { Inputs, NetworkState, RunOptions, RunResult } from './network-form.js'
import { initialState } from './stepwise.js'
import { checkNetwork } from './check.js'

/** A network that remembers its state between calls. */
export interface Stream {
  /** In a compiled function: one step, x [N, ..] -> [N, ..], the first output. */
  step(x: Inputs): Tensor
  /** The same with all outputs and what is recorded. */
  run(x: Inputs, options?: Pick<RunOptions, 'record'>): Pick<RunResult, 'outputs' | 'recorded'>
  /** The next step starts from the initial state. */
  reset(): void
}

/** Keeps the state of `net` in Variables, for inputs that come one step at a time. */
export function stream(net: Network): Stream {
  checkNetwork('stream', net)
  const started = variable({ data: new Uint8Array(1), shape: [], dtype: 'bool' }, { name: 'stream.started' })
  const cells = new Map<string, Variable>()
  const cellFor = (path: string, like: Tensor): Variable => {
    let cell = cells.get(path)
    if (!cell) cells.set(path, (cell = zerosVariable(like.shape, { name: path, dtype: like.dtype })))
    if (!sameShape(cell.shape, like.shape)) {
      throw new SnnError(
        'SHAPE',
        `[stream] input gives '${path}' the shape ${formatShape(like.shape)}, expected ${formatShape(cell.shape)}, as before. Use another stream for another batch size.`,
        { shapes: [like.shape, cell.shape] },
      )
    }
    return cell
  }
  const run: Stream['run'] = (x, options = {}) => {
    const begun = started.read()
    const state = mapState(initialState(net, x), (path, value) => where(begun, cellFor(path, value).read(), value))
    const { outputs, recorded, state: after } = net.run('step', x, { ...options, state })
    mapState(after, (path, value) => {
      cellFor(path, value).assign(value)
      return value
    })
    started.assign(scalar(1, 'bool'))
    return { outputs, recorded }
  }
  return {
    run,
    step: (x) => net.single(run(x)),
    reset() {
      started.set({ data: new Uint8Array(1), shape: [], dtype: 'bool' })
    },
  }
}

function mapState(state: NetworkState, map: (path: string, value: Tensor) => Tensor): NetworkState {
  return Object.fromEntries(
    Object.entries(state).map(([node, values]) => [
      node,
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(`${node}.${name}`, value)])),
    ]),
  )
}
