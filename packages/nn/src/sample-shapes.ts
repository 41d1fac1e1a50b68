import { evaluateShapes, placeholder, SnnError, type Shape } from '@snn/tensor'
import type { Network } from './network.js'

/**
 * Shape of one sample at every input and node, from those of the inputs, without computing anything. Parameters that get their
 * size from the input come into being.
 *
 * @throws `SHAPE` when the shape of an input is neither known to the network nor given
 */
export function sampleShapes(net: Network, given: Readonly<Record<string, Shape>> = {}): Map<string, Shape> {
  const known = net.inputs.map(({ name, shape }) => {
    const own = given[name] ?? shape
    if (own) return [name, own] as const
    throw new SnnError('SHAPE', `[network] the shape of the input '${name}' is not known, expected that of one sample. Begin with sequential(input([..]), ..), or give it.`, { shapes: [] })
  })
  // one step, but for layers that see a whole sequence at once
  const steps = net.nodes.find(({ layer }) => layer.steps !== undefined)?.layer.steps
  const lead = steps === undefined ? [1] : [steps, 1]
  const { recorded } = evaluateShapes(() => {
    const inputs = Object.fromEntries(known.map(([name, shape]) => [name, placeholder([...lead, ...shape])]))
    return net.run(steps === undefined ? 'step' : 'sequence', inputs, { record: ['*'] })
  })
  return new Map([...known, ...net.nodes.map(({ name }) => [name, recorded[`${name}.output`]!.shape.slice(lead.length)] as const)])
}
