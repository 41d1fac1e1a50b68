import { sizeOf } from '@snn/tensor'
import type { NirGraph } from '../graph.js'
import { inferShapes } from '../shapes.js'
import type { NirLint } from './lint.js'

/** Words of memory of the nine cores, from sinabs/backend/dynapcnn/chips/dynapcnn.py get_constraints. */
const Ki = 1024
const kernels = [16, 16, 16, 32, 32, 64, 64, 16, 16].map((n) => n * Ki)
const neurons = [64, 64, 64, 32, 32, 16, 16, 16, 16].map((n) => n * Ki)
const biases = 1024
const source =
  'https://github.com/synsense/sinabs/blob/05546a41748d603ae615683676447f3f884428bc/sinabs/backend/dynapcnn/chips/dynapcnn.py get_constraints'

/** What of a graph does not fit into the cores of the chip: each weighted node with the neurons behind it takes one. */
export function speckLimits(graph: NirGraph): NirLint[] {
  const { shapes } = inferShapes(graph)
  const weighted = Object.entries(graph.nodes).flatMap(([name, node]) =>
    node.type === 'Conv2d' || node.type === 'Affine' ? [{ name, node, size: sizeOf(shapes.get(name)!.output) }] : [],
  )
  const say = (name: string, what: string, fix: string): NirLint => ({
    node: name,
    type: 'NIRGraph',
    effect: 'rejects',
    what,
    fix,
    source,
  })
  const found = weighted.flatMap(({ name, node, size }) => {
    const words = node.weight.data.length
    if (node.bias.data.length > biases)
      return [say(name, `${node.bias.data.length} biases, and a core of Speck holds ${biases}`, 'Use fewer channels.')]
    return kernels.some((kernel, core) => words <= kernel && size <= neurons[core]!)
      ? []
      : [
          say(
            name,
            `${words} weights and ${size} neurons, which no core of Speck holds together`,
            'Use fewer channels, a larger stride, or pooling before it.',
          ),
        ]
  })
  return weighted.length > kernels.length
    ? [
        ...found,
        say('', `${weighted.length} layers with weights, and Speck has ${kernels.length} cores`, 'Use fewer layers.'),
      ]
    : found
}
