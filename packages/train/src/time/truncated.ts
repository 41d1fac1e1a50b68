import type { Network, NetworkState } from '@snn/nn'
import { grad, scan, zeros, type Tensor } from '@snn/tensor'
import { checkMembers, checkObject, checkTensor } from '@snn/tensor/library'
import type { Optimizer } from '../optimizers/optimizer.js'
import { inChunks, startState, type ChunkOptions } from './chunks.js'

/** Options of `truncatedBackpropagation`. */
export interface TruncatedOptions extends Omit<ChunkOptions, 'training'> {
  readonly optimizer: Optimizer
  /** Of the outputs of one chunk [chunk, N, ..] and its number, an int32 scalar: a scalar. */
  readonly loss: (outputs: Tensor, chunk: Tensor) => Tensor
  /** An update after every chunk (default), or one after all, along the mean of their gradients. */
  readonly update?: 'chunk' | 'end'
}

/**
 * Truncated backpropagation through time (Williams and Peng 1990) on x [T, N, ..], in a trace: the state goes from
 * chunk to chunk, gradients do not. All chunks and updates are one program, in memory that does not grow with their
 * number but for the outputs.
 *
 * @returns the mean loss of the chunks, all outputs [T, N, ..], and the last state
 * @throws `ARGUMENT` where the chunks do not divide the steps
 */
export function truncatedBackpropagation(
  net: Network,
  x: Tensor,
  options: TruncatedOptions,
): { readonly loss: Tensor; readonly outputs: Tensor; readonly state: NetworkState } {
  checkMembers(
    'truncatedBackpropagation',
    net,
    'net',
    ['nodes', 'forwardWithState()'],
    'a Network such as sequential(..)',
  )
  checkTensor('truncatedBackpropagation', x)
  checkObject('truncatedBackpropagation', options)
  const { chunk, optimizer, loss: lossOf, update = 'chunk', state } = options
  const chunks = inChunks(x, chunk, 'truncatedBackpropagation')
  const sums =
    update === 'chunk'
      ? {}
      : Object.fromEntries(
          Object.entries(optimizer.parameters).map(([path, { shape, dtype }]) => [path, zeros(shape, { dtype })]),
        )
  const [last, ys] = scan(
    (
      before: { readonly state: NetworkState; readonly gradients: Readonly<Record<string, Tensor>> },
      part: Tensor,
      number: Tensor,
    ) => {
      const [outputs, after] = net.forwardWithState(part, { training: true, state: before.state })
      const loss = lossOf(outputs, number)
      const gradients = grad(loss, optimizer.parameters)
      if (update === 'chunk') optimizer.apply(gradients)
      const summed = Object.fromEntries(
        Object.entries(before.gradients).map(([path, sum]) => [path, sum.add(gradients[path]!)]),
      )
      return [
        { state: after, gradients: summed },
        { loss, outputs },
      ] as const
    },
    { state: startState(net, x, state), gradients: sums },
    chunks,
  )
  const count = chunks.shape[0]!
  if (update === 'end')
    optimizer.apply(Object.fromEntries(Object.entries(last.gradients).map(([path, sum]) => [path, sum.div(count)])))
  return {
    loss: ys.loss.mean(),
    outputs: ys.outputs.reshape([x.shape[0]!, ...ys.outputs.shape.slice(2)]),
    state: last.state,
  }
}
