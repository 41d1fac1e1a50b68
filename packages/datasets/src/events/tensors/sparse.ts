import { SnnError, type TensorLike } from '@snn/tensor'
import { checkEvents, type Events } from '../events.js'
import { frameShape } from './frames.js'
import { checkSlices, sliceBounds, type SliceSpec } from './slices.js'

/** The elements of a tensor that are not 0. */
export interface SparseTensor {
  /** int32 [elements, axes], row-major order, no element twice. */
  readonly indices: TensorLike
  /** float32 [elements]. */
  readonly values: TensorLike
  readonly shape: readonly number[]
}

/** The counts of `toFrames` as a sparse tensor, without making the frames: memory grows with the events alone. */
export function toSparseFrames(spec: SliceSpec): (events: Events) => SparseTensor {
  checkSlices('toSparseFrames', spec)
  return (events) => {
    checkEvents('sparseFrames', events)
    const { x, y, p, sensor } = events
    const bounds = sliceBounds(events, spec)
    const inner = frameShape(sensor)
    const total = bounds.reduce((sum, [from, to]) => sum + to - from, 0)
    if (total > 2 ** 31)
      throw new SnnError('ARGUMENT', `[sparseFrames] ${total} events, expected at most 2^31. Cut the recording.`, {
        name: 'events',
        value: total,
      })
    const values = new Float32Array(total)
    const axes = inner.length + 1
    const indices = new Int32Array(total * axes)
    let count = 0
    bounds.forEach(([from, to], frame) => {
      const places = new Float64Array(to - from)
      for (let i = from; i < to; i++) places[i - from] = (p[i]! * sensor.height + y[i]!) * sensor.width + x[i]!
      places.sort()
      for (let i = 0; i < places.length; i++) {
        if (i > 0 && places[i] === places[i - 1]) {
          values[count - 1] = values[count - 1]! + 1
          continue
        }
        let rest = places[i]!
        for (let axis = axes - 1; axis > 0; axis--) {
          indices[count * axes + axis] = rest % inner[axis - 1]!
          rest = Math.floor(rest / inner[axis - 1]!)
        }
        indices[count * axes] = frame
        values[count++] = 1
      }
    })
    return {
      indices: { data: indices.slice(0, count * axes), shape: [count, axes], dtype: 'int32' },
      values: { data: values.slice(0, count), shape: [count], dtype: 'float32' },
      shape: [bounds.length, ...inner],
    }
  }
}
