import { SnnError } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { expectEvents, type Events } from '../events.js'
import type { FloatTensor } from './float-tensor.js'
import { framesOf } from './frames.js'
import { sliceBounds } from './slices.js'

export interface BinaRepOptions {
  /** Number of frames. */
  readonly n: number
  /** Binary frames packed into one, 1 to 24. */
  readonly bits: number
}

/**
 * Binary frames of n * bits bins of equally many events, read as numbers, the first as the highest bit (Barchid et al.
 * 2022), float32 [n, P, H, W]:
 *
 *   B_i = sum over b of 2^(bits - 1 - b) [bin i bits + b has an event] / (2^bits - 1)
 */
export function toBinaRep(options: BinaRepOptions): (events: Events) => FloatTensor {
  checkOptions('toBinaRep', options, ['n', 'bits'])
  const { n, bits } = options
  if (!Number.isInteger(bits) || bits < 1 || bits > 24)
    throw new SnnError('ARGUMENT', `[binaRep] bits ${bits}, expected a whole number from 1 to 24.`, {
      name: 'bits',
      value: bits,
    })
  if (!Number.isInteger(n) || n < 1)
    throw new SnnError('ARGUMENT', `[binaRep] n ${n}, expected a whole number of at least 1.`, { name: 'n', value: n })
  return (events) => {
    expectEvents('binaRep', events)
    const { data: counts, shape } = framesOf(events, sliceBounds(events, { by: 'eventBins', n: n * bits }))
    const size = counts.length / (n * bits)
    const data = new Float32Array(n * size)
    const top = 2 ** bits - 1
    for (let frame = 0; frame < n; frame++) {
      for (let i = 0; i < size; i++) {
        let value = 0
        for (let bit = 0; bit < bits; bit++) value = 2 * value + (counts[(frame * bits + bit) * size + i]! > 0 ? 1 : 0)
        data[frame * size + i] = value / top
      }
    }
    return { data, shape: [n, ...shape.slice(1)], dtype: 'float32' }
  }
}
