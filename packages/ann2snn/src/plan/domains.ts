import type { Network } from '@snn/nn'
import type { ConversionPlan, Role } from './plan.js'

/**
 * What a node's output is in the spiking network:
 * - `constant`: depends on the input alone, which does not change; computed once.
 * - `message`: what flows at each step, currents or spikes or changes.
 * - `value`: what has come of them so far, a mean or a sum; functions that are not linear work on it.
 */
export type Domain = 'constant' | 'message' | 'value'

/** The domain of every input and node. */
export function domainsOf(network: Network, roles: ReadonlyMap<string, Role>): Map<string, Domain> {
  const domains = new Map<string, Domain>(network.inputs.map(({ name }) => [name, 'constant']))
  for (const node of network.nodes) {
    const inputs = node.inputs.map((name) => domains.get(name)!)
    const own = (): Domain => {
      const role = roles.get(node.name)!
      if (role === 'neuron') return 'message'
      if (inputs.every((domain) => domain === 'constant')) return 'constant'
      if (role === 'analogue' || role === 'readout') return 'value'
      return role === 'weighted' || inputs.includes('message') ? 'message' : 'value'
    }
    domains.set(node.name, own())
  }
  return domains
}

/** What a node takes: messages, or values (constants among them). */
export function takes({ roles, domains }: ConversionPlan, name: string): 'message' | 'value' {
  return roles.get(name) === 'neuron' || domains.get(name) === 'message' ? 'message' : 'value'
}

/** Layers of neurons on the longest path to each node, itself not counted. */
export function depthsOf(network: Network, roles: ReadonlyMap<string, Role>): Map<string, number> {
  const depths = new Map<string, number>(network.inputs.map(({ name }) => [name, 0]))
  const behind = (name: string): number => depths.get(name)! + (roles.get(name) === 'neuron' ? 1 : 0)
  for (const { name, inputs } of network.nodes) depths.set(name, Math.max(0, ...inputs.map(behind)))
  return depths
}
