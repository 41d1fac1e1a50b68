import { SnnError } from '@snn/tensor'
import { checkOptions } from '@snn/tensor/library'
import { pairUpdate, type WeightDependence } from './correlate.js'
import { decayed, noTraces, type PlasticityRule, type Traces } from './rule.js'

export type { WeightDependence } from './correlate.js'

export interface StdpOptions {
  /** Time constant of the trace of the spikes before the connection, in steps. */
  readonly tauPre: number
  /** The same behind it. */
  readonly tauPost: number
  /** How depression depends on the weight: a function of it, or a constant. Default: w itself, as in SpikingJelly. */
  readonly fPre?: WeightDependence
  /** The same of potentiation. Default: w itself. */
  readonly fPost?: WeightDependence
}

/**
 * Spike-timing-dependent plasticity with traces (Morrison et al., Biological Cybernetics 2008), of linear layers and
 * convolutions:
 *
 *   tracePre  <- tracePre - tracePre / tauPre + pre         tracePost <- tracePost - tracePost / tauPost + post
 *   delta     =  fPost(w) (post x tracePre) - fPre(w) (tracePost x pre)
 *
 * @throws `ARGUMENT` unless the time constants are at least 1
 */
export function stdp(options: StdpOptions): PlasticityRule<Traces> {
  checkOptions('stdp', options, ['tauPre', 'tauPost', 'fPre', 'fPost'])
  const { tauPre, tauPost, fPre = same, fPost = same } = options
  checkTaus('stdp', { tauPre, tauPost }, 1)
  return {
    contract: 1,
    kind: 'stdp',
    needsReward: false,
    initialState: (_, pre, post, dtype) => noTraces(pre, post, dtype),
    step(synapse, pre, post, before) {
      const state = decayed(before, pre, post, [1 - 1 / tauPre, 1 - 1 / tauPost])
      return { delta: pairUpdate('stdp', synapse, { pre, post, ...state }, fPre, fPost), state }
    },
  }
}

/** The default dependence on the weight. */
export const same: WeightDependence = (w) => w

/** Throws `ARGUMENT` unless time constants are at least `least`, or positive. */
export function checkTaus(kind: string, taus: Readonly<Record<string, number>>, least = 0): void {
  for (const [name, value] of Object.entries(taus)) {
    if (Number.isFinite(value) && value > 0 && value >= least) continue
    throw new SnnError(
      'ARGUMENT',
      `[${kind}] option ${name}: ${value}, expected a time constant in steps ${least > 0 ? `of at least ${least}` : 'greater than 0'}. Correct it.`,
      { name, value },
    )
  }
}
