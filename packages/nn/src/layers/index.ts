import { checkObject } from '@snn/tensor/library'
import { surrogateFromParts } from '@snn/surrogate'
import type { Config, Layer, Variables } from '../layer.js'
import { elementwiseRecurrent, linearRecurrentLayer, type Combine } from '../recurrent/containers.js'
import { unprefixed } from '../recurrent/part-layer.js'
import { recurrentCells, recurrentLayer, type RecurrentKind } from '../recurrent/recurrent-layer.js'
import { kinds } from './kinds.js'

/** Makes a layer again from what it says of itself; undefined for an unknown kind. */
export type CreateLayer = (kind: string, config: Config, variables: Variables) => Layer | undefined

/**
 * Makes a layer of this package again from what it says of itself; undefined for a kind that is not of this package.
 * `inner` makes the layers inside of others, such as the neurons of a recurrent container.
 */
export function createLayer(
  kind: string,
  config: Config,
  variables: Variables,
  inner: CreateLayer = createLayer,
): Layer | undefined {
  checkObject('createLayer', config, 'config')
  checkObject('createLayer', variables, 'variables', 'Variables by name')
  const found = kinds.find((candidate) => candidate.kind === kind)
  return found ? found(config as never, variables) : createWithMemory(kind, config, variables, inner)
}

function createWithMemory(kind: string, config: Config, variables: Variables, inner: CreateLayer): Layer | undefined {
  if (Object.hasOwn(recurrentCells, kind)) {
    const weights = Object.fromEntries(Object.entries(variables).filter(([name]) => !name.includes('.')))
    const [surrogate, candidateSurrogate] = [
      surrogateFromParts(config, variables),
      surrogateFromParts(config, variables, 'candidateSurrogate'),
    ]
    return recurrentLayer(kind as RecurrentKind, weights, {
      ...(surrogate && { surrogate }),
      ...(candidateSurrogate && { candidateSurrogate }),
    })
  }
  if (kind !== 'elementwiseRecurrent' && kind !== 'linearRecurrent') return undefined
  const sub = config['sub'] as { readonly kind: string; readonly config: Config }
  const layer = inner(sub.kind, sub.config, unprefixed('sub', variables))
  if (!layer || config['combine'] === 'custom') return undefined
  if (kind === 'elementwiseRecurrent') return elementwiseRecurrent(layer, config['combine'] as Combine)
  return linearRecurrentLayer(
    layer,
    Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('sub.'))),
  )
}
