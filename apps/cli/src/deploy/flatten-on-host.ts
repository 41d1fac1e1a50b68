import type { SplitNetwork } from '@snn/deploy-lava'
import { flattenLayer, Network, sampleShapes } from '@snn/nn'

/**
 * The two parts with a flatten that begins the chip's part at the end of the host's: for a chip that takes a list of
 * spikes, and no picture of them.
 */
export function flattenOnHost({ encoder, chip }: SplitNetwork): SplitNetwork {
  const first = chip.nodes.find(({ layer }) => flattenLayer.is(layer))
  const input = chip.inputs[0]!.name
  const takers = chip.nodes.filter(({ inputs }) => inputs.includes(input))
  if (!first || takers.length !== 1 || takers[0] !== first) return { encoder, chip }
  const nodes = chip.nodes.filter((node) => node !== first)
  return {
    encoder: new Network({
      inputs: encoder.inputs,
      nodes: [...encoder.nodes, { ...first, inputs: encoder.outputs }],
      outputs: [first.name],
      metadata: encoder.metadata,
    }),
    chip: new Network({
      inputs: [{ name: first.name, shape: sampleShapes(chip).get(first.name)! }],
      nodes,
      outputs: chip.outputs,
      metadata: chip.metadata,
    }),
  }
}
