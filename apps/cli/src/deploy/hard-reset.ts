import { createNeuron } from '@snn/neuron'
import { Network, type NetworkNode } from '@snn/nn'

/**
 * The network with neurons that are reset to 0 where they are reset by subtraction, as on a chip that has no other
 * reset, and nothing else changed. Undefined where no neurons behind the first, which are the host's, are reset by
 * subtraction.
 */
export function withHardReset(network: Network): Network | undefined {
  const [, ...chip] = network.nodes.filter(({ layer }) => 'reset' in layer.config)
  const soft = chip.filter(({ layer }) => layer.config['reset'] === 'soft')
  if (soft.length === 0) return undefined
  const hard = (node: NetworkNode): NetworkNode => {
    const { kind, config, variables } = node.layer
    return soft.includes(node)
      ? { ...node, layer: createNeuron(kind, { ...config, reset: { to: 0 } }, variables) ?? node.layer }
      : node
  }
  const { inputs, outputs, metadata } = network
  return new Network({ inputs, outputs, metadata, nodes: network.nodes.map(hard) })
}
