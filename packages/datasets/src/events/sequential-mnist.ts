import { SnnError, type TensorLike } from '@snn/tensor'
import { checkMembers, checkOptions } from '@snn/tensor/library'
import { sensorOf, type Events } from './events.js'
import { EventBuffer } from './buffer.js'

export interface SequentialOptions {
  /**
   * Number of channels, odd and at least 3: half of them for rising, half for falling grey values, one for white.
   * Default 99.
   */
  readonly neurons?: number
  /** Length of a time step in us. Default 1000. */
  readonly dt?: number
  /** Two spikes for each crossing, in the two time steps of a pixel. Default true. */
  readonly duplicate?: boolean
}

/**
 * Spiking sequential MNIST (Bellec et al. 2018): the pixels of an image, one after another, as crossings of thresholds.
 * With h = (neurons - 1) / 2 thresholds theta_k from 0 to 254, at pixel i (and i + 1 the next one):
 *
 *   channel neurons - 1 - k         where pixel i < theta_k <= pixel i + 1
 *   channel neurons - 1 - h - k     where pixel i >= theta_k > pixel i + 1
 *   channel 0                       where pixel i = 255
 */
export function sequentialEvents(options: SequentialOptions = {}): (image: TensorLike) => Events {
  checkOptions('sequentialEvents', options, ['neurons', 'dt', 'duplicate'])
  const { neurons = 99, dt = 1000, duplicate = true } = options
  if (!Number.isInteger(neurons) || neurons < 3 || neurons % 2 === 0 || neurons > 65535) {
    throw new SnnError(
      'ARGUMENT',
      `[sequentialEvents] neurons ${neurons}, expected an odd whole number of at least 3.`,
      { name: 'neurons', value: neurons },
    )
  }
  const half = (neurons - 1) / 2
  const thresholds = Uint8Array.from({ length: half }, (_, k) => (half === 1 ? 0 : Math.floor((254 * k) / (half - 1))))
  const steps = duplicate ? 2 : 1
  return (image) => {
    checkMembers('sequentialEvents', image, 'image', ['data'], 'a picture { data, shape }')
    const { data: pixels } = image
    const out = new EventBuffer()
    const active: number[] = []
    for (let i = 0; i < pixels.length; i++) {
      active.length = 0
      const now = pixels[i]!
      const next = pixels[i + 1] ?? now // nothing is crossed after the last one
      if (now === 255) active.push(0)
      for (let k = 0; k < half; k++) {
        if (now < thresholds[k]! && next >= thresholds[k]!) active.push(neurons - 1 - k)
        if (now >= thresholds[k]! && next < thresholds[k]!) active.push(neurons - 1 - half - k)
      }
      active.sort((a, b) => a - b)
      for (let step = 0; step < steps; step++) {
        out.reserve(active.length)
        for (const channel of active) {
          out.t[out.length] = (steps * i + step) * dt
          out.x[out.length++] = channel
        }
      }
    }
    return out.take(sensorOf(neurons, 1), 'us')
  }
}
