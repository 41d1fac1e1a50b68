import type { Network, NetworkMetadata } from '@snn/nn'
import type { Tensor, Variable } from '@snn/tensor'
import { checkFunction, checkMembers, checkObject, checkTensor, wrongArgument } from '@snn/tensor/library'
import { predictByRate } from '../metrics.js'
import type { Optimizer } from '../optimizers/optimizer.js'
import { list, unusedParameters } from '../optimizers/check-reach.js'
import type { EvaluationStep } from './evaluate.js'
import { healthOf } from './finite.js'
import { recognizeEncoding, recognizeReadout } from './recognize.js'

/**
 * What a training step gives, in a trace: the loss (a scalar, or one value for each sample, of which the mean is
 * reported), the predicted classes int32 [N], and a scalar that is finite while the weights are.
 */
export type TrainingStep = (
  x: Tensor,
  y: Tensor,
) => { readonly loss: Tensor; readonly predictions?: Tensor; readonly health?: Tensor }

/** How a network is trained: optimiser, loss, and how samples become input and outputs classes. */
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

// eslint-disable-next-line no-console -- nobody else was named to be told
const warn = (text: string): void => console.warn(text)

function checkTraining(net: Network, options: Pick<NetworkTraining, 'encode'>): void {
  checkMembers('fit', net, 'net', ['nodes', 'forward()'], 'a Network such as sequential(..)')
  checkObject('fit', options)
  const { encode } = options
  if (typeof encode !== 'function')
    throw wrongArgument(
      'fit',
      'encode',
      encode,
      'a function that makes [T, N, ..] of a batch [N, ..]',
      'Give encode: (x) => repeat(x, T), timeFirst for sequences, or an encoder.',
    )
}

const meanOf = (loss: Tensor): Tensor => (loss.shape.length === 0 ? loss : loss.mean())

/**
 * The training step of a network: forward, gradient, update, all in one program. The network's metadata then say how it
 * was run and read, so that tools and files measure what training measured.
 */
export function trainingStep(
  net: Network,
  options: NetworkTraining & { readonly onWarning?: (text: string) => void },
): TrainingStep {
  checkTraining(net, options)
  const { optimizer, loss, encode, predict, onWarning = warn } = options
  checkMembers('fit', optimizer, 'optimizer', ['step()', 'variables'], 'an optimiser such as adam(net.parameters())')
  checkFunction('fit', loss, 'loss', 'a loss of outputs [T, N, ..] and targets, such as countCrossEntropy')
  return (x, y) => {
    const outputs = net.forward(encode(x), { training: true })
    net.metadata = {
      ...net.metadata,
      T: outputs.shape[0]!,
      encoding: recognizeEncoding(encode, x),
      ...readoutFor(outputs, predict),
    }
    const losses = loss(outputs, y)
    const value = meanOf(losses)
    const unused = unusedParameters(value, optimizer.parameters)
    optimizer.step(value)
    if (unused.length > 0)
      onWarning(
        `[fit] the loss does not depend on ${list(unused)}: training will not change them. Leave them out of the optimiser, or look where their layers lead to.`,
      )
    return { loss: losses, health: healthOf(optimizer.parameters), ...predicted(outputs, predict) }
  }
}

/** The same without training. */
export function evaluationStep(
  net: Network,
  options: Omit<NetworkTraining, 'optimizer' | 'loss'> & { readonly loss?: NetworkTraining['loss'] },
): EvaluationStep {
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

/** The read-out that the predictions are made by. */
function readoutFor(outputs: Tensor, predict: NetworkTraining['predict']): Pick<NetworkMetadata, 'readout'> {
  if (predict) return { readout: recognizeReadout(predict, outputs.shape) }
  return outputs.shape.length === 3 ? { readout: { by: 'count' } } : {}
}

/** Every Variable of a network and its optimiser, under `network.` and `optimizer.`: what a checkpoint keeps. */
export function trainingVariables(net: Network, optimizer: Optimizer): Record<string, Variable> {
  checkMembers('trainingVariables', net, 'net', ['variables()'], 'a Network such as sequential(..)')
  checkMembers(
    'trainingVariables',
    optimizer,
    'optimizer',
    ['variables'],
    'an optimiser such as adam(net.parameters())',
  )
  const under = (prefix: string, variables: Readonly<Record<string, Variable>>) =>
    Object.entries(variables).map(([name, variable]) => [`${prefix}.${name}`, variable] as const)
  return Object.fromEntries([...under('network', net.variables()), ...under('optimizer', optimizer.variables)])
}
