import { sizeOf, type TensorLike } from '@snn/tensor'
import { checkMembers, checkOptions } from '@snn/tensor/library'
import { permutation } from '../../random.js'
import { expectOption, type Seeded } from './transform.js'

export interface TemporalDeleteOptions extends Seeded {
  /** Number of time steps to keep. */
  readonly keep: number
}

/** Random temporal delete (Fang et al. 2021): `keep` of the steps of a tensor [T, ...], in order and none twice. */
export function randomTemporalDelete(
  options: TemporalDeleteOptions,
): (frames: TensorLike, draw?: number) => TensorLike {
  checkOptions('randomTemporalDelete', options, ['keep', 'seed'])
  const { keep, seed = 0 } = options
  expectOption(
    'randomTemporalDelete',
    'keep',
    keep,
    Number.isInteger(keep) && keep >= 1,
    'a whole number of at least 1',
  )
  expectOption('randomTemporalDelete', 'seed', seed, Number.isSafeInteger(seed), 'a whole number')
  return (frames, draw = 0) => {
    checkMembers('randomTemporalDelete', frames, 'frames', ['data', 'shape'], 'frames { data, shape: [T, ..] }')
    const [T = 0, ...inner] = frames.shape
    expectOption('randomTemporalDelete', 'keep', keep, keep <= T, `at most the ${T} steps there are`)
    const steps = permutation(T, seed, draw)
      .slice(0, keep)
      .sort((a, b) => a - b)
    const size = sizeOf(inner)
    const data = frames.data.slice(0, keep * size)
    steps.forEach((step, i) => data.set(frames.data.subarray(step * size, (step + 1) * size), i * size))
    return { ...frames, data, shape: [keep, ...inner] }
  }
}
