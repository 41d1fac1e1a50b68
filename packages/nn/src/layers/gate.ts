import { scalar } from '@snn/tensor'
import { defineStatefulLayer } from '../layer.js'

/**
 * Steps from `start` on, `length` of them. `trailing`: axes that the bias has behind its own, one for each place of a
 * channel.
 */
export interface GateConfig {
  readonly start: number
  readonly length: number
  readonly trailing?: number
}

/**
 * Lets a constant in for some steps only: y = x in the steps start .. start + length - 1, else 0; or, with a `bias`,
 * which broadcasts over a sample, y = x + bias in those steps, else x.
 */
export const gateLayer = defineStatefulLayer<GateConfig, 'gate'>('gate', ({ start, length, trailing }, { bias }) => ({
  initialState: (_, dtype) => ({ steps: scalar(0, dtype) }),
  step(x, { steps }) {
    const now = steps!
    const open = now
      .ge(start)
      .and(now.lt(start + length))
      .cast(x.dtype)
    const broadcast = bias && (trailing ? bias.read().reshape([-1, ...Array<number>(trailing).fill(1)]) : bias.read())
    const output = broadcast ? x.add(broadcast.mul(open)) : x.mul(open)
    return { output, state: { steps: now.add(1) } }
  },
}))
