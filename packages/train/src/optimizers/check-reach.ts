import { SnnError, type Tensor, type Variable } from '@snn/tensor'
import type { Node } from '@snn/tensor/backend'
import { gradientReach, type GradientReach } from '@snn/tensor/library'

/** So many names are listed. */
const most = 6

/**
 * Throws `NOT_TRAINABLE` where training could learn nothing: no parameter has a gradient, or that of some stops at an
 * operation whose derivative is zero, such as the comparison in a neuron that fires without a surrogate. What is behind
 * a `stopGradient`, or in another loss, is nobody's mistake.
 */
export function checkReach(kind: string, loss: Tensor, parameters: Readonly<Record<string, Variable>>): void {
  const paths = Object.keys(parameters)
  const reach = gradientReach(
    loss,
    paths.map((path) => parameters[path]!.read()),
  )
  if (reach.every((one) => one === 'unused')) {
    throw notTrainable(
      paths,
      [],
      `[${kind}] the loss depends on none of the parameters ${list(paths)}, expected those of the network that it was computed with. Give ${kind}(net.parameters()) of that network.`,
    )
  }
  const isCut = (one: GradientReach): one is readonly Node[] => typeof one !== 'string'
  const isMistake = (nodes: readonly Node[]): boolean =>
    nodes.length > 0 && nodes.every(({ primitive }) => primitive !== 'stopGradient')
  const none = !reach.includes('reached')
  const cut = reach.flatMap((one, i) =>
    isCut(one) && (none || isMistake(one)) ? [{ path: paths[i]!, nodes: one }] : [],
  )
  if (cut.length === 0) return
  const layers = [...new Set(cut.flatMap(({ nodes }) => nodes.map(describe)))]
  throw notTrainable(
    cut.map(({ path }) => path),
    layers,
    `[${kind}] no gradient reaches ${list(cut.map(({ path }) => path))}: it stops at ${list(layers)}, expected a way from the loss that can be differentiated. A neuron of your own fires by the function 'spike' that it is given, which has a surrogate's gradient; what shall not learn is left out of the optimiser.`,
  )
}

/** Parameters on which the loss does not depend: of an output that it does not look at, say. */
export function unusedParameters(loss: Tensor, parameters: Readonly<Record<string, Variable>>): string[] {
  const paths = Object.keys(parameters)
  const reach = gradientReach(
    loss,
    paths.map((path) => parameters[path]!.read()),
  )
  return paths.filter((_, i) => reach[i] === 'unused')
}

function describe({ path, primitive, place }: Node): string {
  return `${path === '' ? '' : `'${path}' `}(${primitive}, ${place})`
}

/** The first names, and how many more there are. */
export function list(names: readonly string[]): string {
  return `${names.slice(0, most).join(', ')}${names.length > most ? ` and ${names.length - most} more` : ''}`
}

function notTrainable(parameters: readonly string[], layers: readonly string[], message: string): SnnError {
  return new SnnError('NOT_TRAINABLE', message, { parameters, layers })
}
