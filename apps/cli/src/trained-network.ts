import type { SnnMetadata } from '@snn/snn-file'
import type { Network, NetworkMetadata } from '@snn/nn'
import { SnnError, type Shape } from '@snn/tensor'
import { restoreVariables } from '@snn/train'
import { checkpointFile } from '@snn/train/node'
import { trainingNetworks } from './training-networks.js'

/** What `snn train` writes into a checkpoint, from which the network is built again. */
export interface TrainingDescription {
  readonly model: string
  readonly shape: Shape
  readonly classes: number
  readonly width: number
  readonly epochs: number
  readonly T: number
  readonly encoding: NonNullable<NetworkMetadata['encoding']>
  readonly preprocess?: unknown
  readonly classNames?: readonly string[]
}

export interface TrainedNetwork {
  readonly snn: Network
  readonly metadata: SnnMetadata
}

/** What to do where a trained network is hardly better than guessing. */
export const trainingAdvice =
  'Train longer (snn train --resume with more --epochs), or anew in another --out, on more --samples or with another --lr.'

/** The network of a checkpoint of `snn train`, with the weights of its last pass. */
export async function openTrained(path: string): Promise<TrainedNetwork> {
  const checkpoint = await checkpointFile(path).load()
  if (!checkpoint)
    throw new SnnError('DATA_NOT_FOUND', `[snn] nothing to read at ${path}, expected a checkpoint. Check the path.`, {
      path,
      looked: ['a checkpoint'],
    })
  if (checkpoint.about === undefined) {
    throw new SnnError(
      'DATA_INVALID',
      `[snn] ${path} does not say of which network it is, expected a checkpoint that this 'snn train' wrote. Write the trained network by toOnnx of @snn/snn-file, and give that file.`,
      { file: path },
    )
  }
  const { model, shape, classes, width, T, encoding, preprocess, classNames } = JSON.parse(
    checkpoint.about,
  ) as TrainingDescription
  const { net } = trainingNetworks[model]!.create({ shape, classes, width })
  net.parameters()
  const own = Object.entries(checkpoint.tensors).flatMap(([name, value]) =>
    name.startsWith('network.') ? [[name.slice('network.'.length), value] as const] : [],
  )
  restoreVariables(net.variables(), Object.fromEntries(own))
  net.metadata = { T, encoding, readout: { by: 'count' } }
  return {
    snn: net,
    metadata: { ...net.metadata, ...(preprocess !== undefined && { preprocess }), ...(classNames && { classNames }) },
  }
}
