import { nirArray, type NirArray, type NirGraph, type NirNode } from '@snn/nir'

/** Steps in which a membrane loses all but 1/e: hardly anything in a run. */
const membraneSteps = 1000

/**
 * Integrate-and-fire neurons as the leaky ones with a synaptic current that Rockpool reads for Xylo, which has no
 * others: a current that halves in each step, so that in all steps together it brings its weight, and a membrane that
 * hardly leaks.
 */
export function withLeakyNeurons(graph: NirGraph, dt: number): NirGraph {
  const [synapse, membrane] = [dt / Math.log(2), membraneSteps * dt]
  const leaky = (node: NirNode): NirNode => {
    if (node.type !== 'IF') return node
    const all = (value: number): NirArray =>
      nirArray(new Float32Array(node.v_threshold.data.length).fill(value), node.v_threshold.shape)
    return {
      type: 'CubaLIF',
      tau_syn: all(synapse),
      tau_mem: all(membrane),
      // what makes Rockpool take all of the current in
      r: all((membrane / dt) * Math.exp(-dt / membrane)),
      v_leak: all(0),
      v_threshold: node.v_threshold,
      v_reset: node.v_reset,
      w_in: all(1),
    }
  }
  return { ...graph, nodes: Object.fromEntries(Object.entries(graph.nodes).map(([name, node]) => [name, leaky(node)])) }
}
