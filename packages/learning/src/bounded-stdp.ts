import { SnnError, type Tensor } from '@snn/tensor'
import { checkObject } from '@snn/tensor/library'
import { pairUpdate } from './correlate.js'
import { decayed, noTraces, type PlasticityRule, type Traces } from './rule.js'
import { checkTaus } from './stdp.js'

const dependences = {
  /** 1 */
  additive: (room: Tensor) => room.mul(0).add(1),
  /** 1 where there is room, else 0 */
  additiveStep: (room: Tensor) => room.gt(0).cast(room.dtype),
  /** room^mu */
  multiplicativePow: (room: Tensor, mu: number) => room.maximum(0).pow(mu),
  /** max(room, 0) */
  multiplicativeRelu: (room: Tensor) => room.maximum(0),
} as const

/** Options of `boundedStdp`. */
export interface BoundedStdpOptions {
  /** How changes depend on the room to the bound that they approach. Default 'additive'. */
  readonly dependence?: keyof typeof dependences
  /** Exponent of 'multiplicativePow'. Default 0. */
  readonly mu?: number
  /** Rates of potentiation and depression. Default 1e-3. */
  readonly etaPlus?: number
  readonly etaMinus?: number
  /** Bounds of the weight. Default 0 and 1. */
  readonly wMin?: number
  readonly wMax?: number
  /** Whether no weight leaves the bounds. Default true. */
  readonly hardBound?: boolean
  /** Time constants of the traces in steps. Default 50. */
  readonly tauPre?: number
  readonly tauPost?: number
  /** What one spike, held for tau steps, brings its trace to. Default 1. */
  readonly aPre?: number
  readonly aPost?: number
}

/**
 * STDP between bounds (Guetig et al., Journal of Neuroscience 2003), of linear layers and convolutions:
 *
 *   tracePre  <- tracePre + (aPre pre - tracePre) / tauPre
 *   tracePost <- tracePost + (aPost post - tracePost) / tauPost
 *   delta     =  etaPlus d(wMax - w) (post x tracePre) - etaMinus d(w - wMin) (tracePost x pre)
 *
 * with d(room) = 1, [room > 0], room^mu or max(room, 0); with `hardBound` delta is cut so that w + delta stays within
 * the bounds.
 *
 * @throws `ARGUMENT` for an option outside its domain
 */
export function boundedStdp(options: BoundedStdpOptions = {}): PlasticityRule<Traces> {
  checkObject('boundedStdp', options)
  const {
    dependence = 'additive',
    mu = 0,
    etaPlus = 1e-3,
    etaMinus = 1e-3,
    wMin = 0,
    wMax = 1,
    hardBound = true,
    tauPre = 50,
    tauPost = 50,
    aPre = 1,
    aPost = 1,
  } = options
  if (!Object.hasOwn(dependences, dependence)) {
    throw new SnnError(
      'ARGUMENT',
      `[boundedStdp] option dependence: ${dependence}, expected one of ${Object.keys(dependences).join(', ')}. Correct it.`,
      { name: 'dependence', value: dependence },
    )
  }
  checkTaus('boundedStdp', { tauPre, tauPost }, 1)
  for (const [name, value] of Object.entries({ etaPlus, etaMinus, aPre, aPost, wMin }))
    checkAbove('boundedStdp', name, value, -Infinity)
  checkAbove('boundedStdp', 'wMax', wMax, wMin)
  if (!(mu >= 0))
    throw new SnnError('ARGUMENT', `[boundedStdp] option mu: ${mu}, expected a number of at least 0. Correct it.`, {
      name: 'mu',
      value: mu,
    })
  const d = dependences[dependence]
  return {
    contract: 1,
    kind: 'boundedStdp',
    needsReward: false,
    initialState: (_, pre, post, dtype) => noTraces(pre, post, dtype),
    step(synapse, pre, post, before) {
      const state = decayed(before, pre, post, [1 - 1 / tauPre, 1 - 1 / tauPost], [aPre / tauPre, aPost / tauPost])
      const fPre = (w: Tensor): Tensor => d(w.sub(wMin), mu).mul(etaMinus)
      const fPost = (w: Tensor): Tensor => d(w.neg().add(wMax), mu).mul(etaPlus)
      const change = pairUpdate('boundedStdp', synapse, { pre, post, ...state }, fPre, fPost)
      const w = synapse.weight.stopGradient()
      return { delta: hardBound ? w.add(change).clip(wMin, wMax).sub(w) : change, state }
    },
  }
}

/** Throws `ARGUMENT` unless the option is a number greater than `low`. */
function checkAbove(kind: string, name: string, value: number, low: number): void {
  if (Number.isFinite(value) && value > low) return
  throw new SnnError(
    'ARGUMENT',
    `[${kind}] option ${name}: ${value}, expected a finite number greater than ${low}. Correct it.`,
    { name, value },
  )
}
