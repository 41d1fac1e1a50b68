import { lif, nonSpikingLif } from '@snn/neuron'
import { input, linear, sequential, type StatefulLayer } from '@snn/nn'
import { atan } from '@snn/surrogate'
import { zeros } from '@snn/tensor'
import { maxMembraneCrossEntropy, timeFirst, type FitResult } from '@snn/train'
import { trainOnMnist, type ExampleOptions } from './mnist.js'

/**
 * LIF neurons that hear each other one step later: x[t] + W s[t - 1]. A layer with memory is a first state and a step.
 */
function recurrentLif(size: number): StatefulLayer {
  const neurons = lif({ decayInput: false, surrogate: atan() })
  const { variables, initialize, apply } = linear(size, size, { bias: false })
  return {
    contract: 1,
    kind: 'recurrentLif',
    config: { size },
    variables,
    initialize: initialize!,
    initialState: (shape, dtype) => ({ v: neurons.initialState(shape, dtype).v, before: zeros(shape, { dtype }) }),
    step(x, { v, before }) {
      const { spike, state } = neurons.step(x.add(apply([before!], { training: true, lead: 1 })), { v: v! })
      return { output: spike, spike, state: { v: state.v, before: spike } }
    },
  }
}

/**
 * Sequential MNIST: the network sees one row of the image at each of 28 steps; the class is read from membranes that do
 * not spike.
 */
export function recurrentMnist(options: ExampleOptions = {}): Promise<FitResult> {
  const net = sequential(input([28]), linear(28, 128), recurrentLif(128), linear(128, 10), nonSpikingLif())
  return trainOnMnist(
    net,
    { encode: (x) => timeFirst(x.squeeze(1)), loss: maxMembraneCrossEntropy, predict: (v) => v.max(0).argmax() },
    options,
  )
}
