import type { Network } from '@snn/nn'
import { checkFunction, checkMembers, checkObject, checkTensor, wrongArgument, type Tensor, type Variable } from '@snn/tensor'
import { predictByRate } from '../metrics.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import type { EvaluationStep } from './evaluate.js'

/** What a training step gives, in a trace: the loss (a scalar, or one value for each sample, of which the mean is reported) and the predicted classes int32 [N]. */
export type TrainingStep = (x: Tensor, y: Tensor) => { readonly loss: Tensor; readonly predictions?: Tensor }

export interface NetworkTraining {
  readonly optimizer: Optimizer
  /** Of outputs [T, N, ..] and targets [N, ..]: a scalar, or one value for each sample [N]. */
  readonly loss: (outputs: Tensor, targets: Tensor) => Tensor
  /** Makes the network's input [T, N, ..] of a batch [N, ..]: `(x) => repeat(x, T)`, `timeFirst`, an encoder. */
  readonly encode: (x: Tensor) => Tensor
  /** The classes int32 [N] that outputs [T, N, K] say. Default: `predictByRate` for outputs of that rank, else none. */
  readonly predict?: (outputs: Tensor) => Tensor
}

/** [N, T, ..] -> [T, N, ..]: sequences as loaders stack them, as networks take them. */
export function timeFirst(x: Tensor): Tensor {
  checkTensor('timeFirst', x)
  return x.transpose([1, 0, ...x.shape.slice(2).map((_, i) => i + 2)])
}

function checkTraining(net: Network, options: Pick<NetworkTraining, 'encode'>): void {
  checkMembers('fit', net, 'net', ['nodes', 'forward()'], 'a Network such as sequential(..)')
  checkObject('fit', options)
  const { encode } = options
  if (typeof encode !== 'function') throw wrongArgument('fit', 'encode', encode, 'a function that makes [T, N, ..] of a batch [N, ..]', 'Give encode: (x) => repeat(x, T), timeFirst for sequences, or an encoder.')
}

const meanOf = (loss: Tensor): Tensor => (loss.shape.length === 0 ? loss : loss.mean())

/** The training step of a network: forward, gradient, update, all in one program. */
export function trainingStep(net: Network, options: NetworkTraining): TrainingStep {
  checkTraining(net, options)
  const { optimizer, loss, encode, predict } = options
  checkMembers('fit', optimizer, 'optimizer', ['step()', 'variables'], 'an optimiser such as adam(net.parameters())')
  checkFunction('fit', loss, 'loss', 'a loss of outputs [T, N, ..] and targets, such as countCrossEntropy')
  return (x, y) => {
    const outputs = net.forward(encode(x), { training: true })
    const value = meanOf(loss(outputs, y))
    optimizer.step(value)
    return { loss: value, ...predicted(outputs, predict) }
  }
}

/** The same without training. */
export function evaluationStep(net: Network, options: Omit<NetworkTraining, 'optimizer' | 'loss'> & { readonly loss?: NetworkTraining['loss'] }): EvaluationStep {
  checkTraining(net, options)
  const { loss, encode, predict } = options
  return (x, y) => {
    const outputs = net.forward(encode(x))
    return { ...(loss && { loss: loss(outputs, y) }), ...predicted(outputs, predict) }
  }
}

function predicted(outputs: Tensor, predict: NetworkTraining['predict']): { predictions?: Tensor } {
  if (predict) return { predictions: predict(outputs) }
  return outputs.shape.length === 3 ? { predictions: predictByRate(outputs) } : {}
}

/** Every Variable of a network and its optimiser, under `network.` and `optimizer.`: what a checkpoint keeps. */
export function trainingVariables(net: Network, optimizer: Optimizer): Record<string, Variable> {
  checkMembers('trainingVariables', net, 'net', ['variables()'], 'a Network such as sequential(..)')
  checkMembers('trainingVariables', optimizer, 'optimizer', ['variables'], 'an optimiser such as adam(net.parameters())')
  const under = (prefix: string, variables: Readonly<Record<string, Variable>>) => Object.entries(variables).map(([name, variable]) => [`${prefix}.${name}`, variable] as const)
  return Object.fromEntries([...under('network', net.variables()), ...under('optimizer', optimizer.variables)])
}
