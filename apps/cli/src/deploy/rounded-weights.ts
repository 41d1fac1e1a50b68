import { convLayer, linearLayer, Network, type NetworkNode } from '@snn/nn'
import { variable, type Variable } from '@snn/tensor'

/**
 * The network with the weights of each layer rounded to whole multiples of a step, the largest of them using all `bits`
 * with their sign.
 */
export async function roundedWeights(network: Network, bits: number): Promise<Network> {
  const { inputs, outputs, metadata } = network
  return new Network({
    inputs,
    outputs,
    metadata,
    nodes: await Promise.all(network.nodes.map((node) => rounded(node, 2 ** (bits - 1) - 1))),
  })
}

async function rounded(node: NetworkNode, most: number): Promise<NetworkNode> {
  const { layer } = node
  if (!convLayer.is(layer) && !linearLayer.is(layer)) return node
  const weight = layer.variables['weight']!
  const values = Float32Array.from(await weight.data())
  const step = values.reduce((largest, w) => Math.max(largest, Math.abs(w)), 0) / most || 1
  const own: Record<string, Variable> = {
    ...layer.variables,
    weight: variable(
      { data: values.map((w) => Math.round(w / step) * step), shape: weight.shape },
      { name: weight.name ?? `${node.name}.weight` },
    ),
  }
  return { ...node, layer: convLayer.is(layer) ? convLayer(layer.config, own) : linearLayer({}, own) }
}
