import type { RunningProcess } from '../process.js'

/** Adds up what comes in: the receiving end of `Delta`. */
export interface Sigma {
  readonly type: 'Sigma'
  readonly shape: readonly number[]
}

/**
 * Sums changes up again, as `lava.proc.sdn.Sigma` in fixed point: it sends the whole sum in every step.
 *
 *   sigma = sigma + a,   sent: sigma        in 32 bits
 */
export function runSigma(_: Sigma, count: number): RunningProcess {
  const inputs = { a_in: new Int32Array(count) }
  const out = new Int32Array(count)
  const sigma = new Int32Array(count)
  return {
    inputs,
    out,
    state: { sigma },
    send() {
      for (let i = 0; i < count; i++) sigma[i] = sigma[i]! + inputs.a_in[i]!
      out.set(sigma)
    },
  }
}
