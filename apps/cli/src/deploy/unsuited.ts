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

/** What there is to do about some kinds of layers, in flags of this command; others say it themselves. */
const fixes: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['maxPool', 'globalMaxPool', 'spikingMaxPool', 'spikingGlobalMaxPool'].map((kind) => [
      kind,
      'Train with average pooling, or take --target lava or nir, whose neurons fire where any of a window does.',
    ]),
  ),
  batchNorm: 'Train it right behind a linear layer or convolution, which takes it in, or without it.',
  transpose: 'Train without it, or with it right before a linear layer, which takes it in.',
}

/** What a target is for. */
const takes: Readonly<Record<DeployTarget, string>> = {
  lava: '',
  nir: ' Other targets may take it: --target lava, which has leaky neurons and maxima of spikes, too.',
  speck:
    ' Speck has convolutions, sums of windows, linear layers and integrate-and-fire neurons. Other targets may take it: --target lava, which has leaky neurons and maxima of spikes, too, or nir for the file alone.',
  xylo: ' Xylo has linear layers and neurons, over a flat input. Other targets may take it: --target lava, which has convolutions and maxima of spikes, too, or nir for the file alone.',
}

/**
 * The error for a network with layers that the target has not, with what to do about it in flags of this command; any
 * other error as it is.
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
    const known = troubles.get(key) ?? { names: [], reason, fix: fixes[kind] ?? fix }
    troubles.set(key, known)
    known.names.push(`'${name}'`)
  }
  const told = [...troubles.values()]
    .map(
      ({ names, reason, fix }) =>
        `${names.slice(0, shown).join(', ')}${names.length > shown ? ` and ${names.length - shown} more` : ''}: ${reason}.${code === undefined ? ` ${fix}` : ''}`,
    )
    .join('\n  ')
  const again =
    code === undefined
      ? takes[target]
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
