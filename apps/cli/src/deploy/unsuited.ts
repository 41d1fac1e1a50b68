import type { NetworkMetadata } from '@snn/nn'
import { isSnnError, SnnError } from '@snn/tensor'
import type { DeployTarget } from './deploy-model.js'

/** Layers of one kind of trouble that are shown; the error's details have all. */
const shown = 3

interface Trouble {
  readonly names: string[]
  readonly reason: string
  readonly fix: string
}

/**
 * The error for a spiking network with layers that the target has not, with what to do about it in flags of this
 * command; any other error as it is.
 */
export function unsuited(error: unknown, path: string, target: DeployTarget, { code }: NetworkMetadata): unknown {
  const layers = isSnnError(error, 'CONVERT_UNSUPPORTED')
    ? error.details.layers
    : isSnnError(error, 'NIR_UNSUPPORTED')
      ? error.details.nodes.map(({ node, ...own }) => ({ name: node, ...own }))
      : undefined
  if (!layers) return error
  const troubles = new Map<string, Trouble>()
  for (const { name, kind, reason, fix } of layers) {
    // the same reason may name the kind of each layer
    const key = `${kind} ${reason} ${fix}`
    const known = troubles.get(key) ?? { names: [], reason, fix }
    troubles.set(key, known)
    known.names.push(`'${name}'`)
  }
  const list = [...troubles.values()]
  const told = list
    .map(
      ({ names, reason, fix }) =>
        `${names.slice(0, shown).join(', ')}${names.length > shown ? ` and ${names.length - shown} more` : ''}: ${reason}.${code === undefined ? ` ${fix}` : ''}`,
    )
    .join('\n  ')
  const again =
    code === undefined
      ? target === 'lava'
        ? ''
        : ' Other targets may take it: --target lava, which has leaky neurons and maxima of spikes, too.'
      : ` It was converted with the code ${code} for a simulator. Deploy the classifier that it came from, which this command converts with the neurons of the chip: snn deploy MODEL.onnx --target ${target} ..`
  const approximations = [...new Set(layers.map((layer) => ('approximate' in layer ? layer.approximate : undefined)))]
  const asItIs = approximations.includes(undefined)
    ? ''
    : ` Or take it as it is, at whatever accuracy the table then shows: --approximate ${approximations.join(',')}`
  return new SnnError(
    'CONVERT_UNSUPPORTED',
    `[deploy] ${path} has layers that --target ${target} has not: ${told}${again}${asItIs}`,
    { layers },
    { cause: error },
  )
}
