import { constantLayer, flattenLayer, Network, reshapeLayer, sampleShapes, transposeLayer, type Layer } from '@snn/nn'

/**
 * The network from the first layer on that NIR can say, and what the host does before it, where there is any: a change
 * of the order of axes, or a shift of all pixels, which many models begin with.
 */
export function inputOnHost(network: Network): { readonly host: Network | undefined; readonly rest: Network } {
  let name = network.inputs[0]!.name
  let cut = 0
  const way: string[] = []
  for (;;) {
    const [taker, ...others] = network.nodes.filter(({ inputs }) => inputs.includes(name))
    if (!taker || others.length > 0 || network.outputs.includes(name) || !prepares(taker.layer)) break
    way.push((name = taker.name))
    if (transposeLayer.is(taker.layer) || constantLayer.is(taker.layer)) cut = way.length
  }
  if (cut === 0 || network.inputs.length > 1 || network.feedback.length > 0) return { host: undefined, rest: network }
  const last = way[cut - 1]!
  const before = new Set(way.slice(0, cut))
  const { metadata } = network
  return {
    host: new Network({
      inputs: network.inputs,
      nodes: network.nodes.filter(({ name: own }) => before.has(own)),
      outputs: [last],
      metadata,
    }),
    rest: new Network({
      inputs: [{ name: last, shape: sampleShapes(network).get(last)! }],
      nodes: network.nodes.filter(({ name: own }) => !before.has(own)),
      outputs: network.outputs,
      metadata,
    }),
  }
}

const prepares = (layer: Layer): boolean =>
  [transposeLayer, constantLayer, reshapeLayer, flattenLayer].some((kind) => kind.is(layer))
