import { SnnError } from '@snn/tensor'
import { checkArray, checkMembers } from '@snn/tensor/library'
import type { Events } from './events.js'
import { toAveragedTimeSurfaces } from './tensors/averaged-time-surface.js'
import { toBinaRep } from './tensors/bina-rep.js'
import type { FloatTensor } from './tensors/float-tensor.js'
import { toFrames, toImage } from './tensors/frames.js'
import { toTimeSurfaces } from './tensors/time-surface.js'
import { toVoxelGrid } from './tensors/voxel-grid.js'
import { centerCrop, cropTime, randomCrop } from './transforms/crop.js'
import { downsample, eventDownsampling } from './transforms/downsample.js'
import { dropEvent, dropEventByArea, dropEventByTime, eventDrop } from './transforms/drop.js'
import { decimation, denoise, dropPixel, randomDropPixel, refractoryPeriod } from './transforms/filter.js'
import {
  mergePolarities,
  randomFlipLR,
  randomFlipPolarity,
  randomFlipUD,
  randomTimeReversal,
} from './transforms/flip.js'
import { spatialJitter, uniformNoise } from './transforms/jitter.js'
import { timeAlignment, timeJitter, timeSkew } from './transforms/time.js'
import { compose, type EventTransform } from './transforms/transform.js'

/** Transforms of events by name. */
const transforms = {
  centerCrop, randomCrop, cropTime, denoise, refractoryPeriod, decimation, dropPixel, randomDropPixel, dropEvent, dropEventByTime, dropEventByArea, eventDrop,
  downsample, eventDownsampling, mergePolarities, randomFlipLR, randomFlipUD, randomFlipPolarity, randomTimeReversal, spatialJitter, uniformNoise, timeAlignment,
  timeJitter, timeSkew,
} as const // prettier-ignore

/** Representations of events as tensors by name. */
const tensors = { toFrames, toImage, toVoxelGrid, toTimeSurfaces, toAveragedTimeSurfaces, toBinaRep } as const

type Transforms = typeof transforms
type Tensors = typeof tensors
type Options<F> = F extends (options: infer O) => unknown ? (unknown extends O ? object : O) : object

/** A transform as plain data (JSON): its name and its options. */
export type TransformSpec = { [N in keyof Transforms]: { readonly name: N } & Options<Transforms[N]> }[keyof Transforms]
/** A representation as plain data (JSON). */
export type TensorSpec = { [N in keyof Tensors]: { readonly name: N } & Options<Tensors[N]> }[keyof Tensors]

/** Transforms and at last a representation, as plain data that can be stored and sent to a worker. */
export interface PipelineSpec {
  readonly transforms?: readonly TransformSpec[]
  readonly tensor: TensorSpec
}

/** The function that a spec describes. Throws `ARGUMENT` for a name or option that is not there. */
export function pipeline(spec: PipelineSpec): (events: Events, draw?: number) => FloatTensor {
  checkMembers('pipeline', spec, 'spec', ['tensor'], '{ transforms, tensor }')
  const { transforms: steps = [] } = spec
  checkArray('pipeline', steps, 'transforms')
  const change = compose(steps.map((step) => build(transforms, step, 'transform') as EventTransform))
  const represent = build(tensors, spec.tensor, 'tensor') as (events: Events) => FloatTensor
  return (events, draw) => represent(change(events, draw))
}

function build(table: Readonly<Record<string, unknown>>, step: { readonly name: string }, what: string): unknown {
  checkMembers('pipeline', step, what, ['name'], 'its name and its options: { name, .. }')
  const { name, ...options } = step
  if (!Object.hasOwn(table, name)) {
    throw new SnnError(
      'ARGUMENT',
      `[pipeline] ${what} ${JSON.stringify(name)}, expected one of ${Object.keys(table).join(', ')}.`,
      { name: what, value: name },
    )
  }
  return (table[name] as (options: object) => unknown)(options)
}
