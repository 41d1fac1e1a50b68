import { Network } from '@snn/nn'
import { noData } from '../calibrate/activations.js'
import { eachBatch, type Batches } from '../data.js'

/** The network with the sample shape of its input filled in from the first batch, where it leaves that open. */
export async function withInputShape(network: Network, data: Batches): Promise<Network> {
  if (network.inputs.every(({ shape }) => shape)) return network
  for await (const { x } of eachBatch(data, 'convert')) {
    return new Network({
      inputs: network.inputs.map((input) => ({ ...input, shape: input.shape ?? x.shape.slice(1) })),
      nodes: network.nodes,
      outputs: network.outputs,
      feedback: network.feedback,
    })
  }
  throw noData()
}
