import { where } from '@snn/tensor'
import { defineSurrogate } from './define-surrogate.js'

/**
 * The logistic function of slope `alpha` (default 4):
 *
 *   primitive   sigma(alpha x)
 *   derivative  alpha sigma(alpha x) (1 - sigma(alpha x))
 */
export const sigmoid = defineSurrogate('sigmoid', {
  parameters: { alpha: 4 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).sigmoid(),
  derivative: (x, { alpha }) => {
    const s = x.mul(alpha).sigmoid()
    return s.neg().add(1).mul(s).mul(alpha)
  },
})

/**
 * The arc tangent (Fang et al., ICCV 2021), `alpha` 2 by default:
 *
 *   primitive   arctan(pi alpha x / 2) / pi + 1/2
 *   derivative  (alpha / 2) / (1 + (pi alpha x / 2)^2)
 */
export const atan = defineSurrogate('atan', {
  parameters: { alpha: 2 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) =>
    x
      .mul(alpha.mul(Math.PI / 2))
      .atan()
      .div(Math.PI)
      .add(0.5),
  derivative: (x, { alpha }) =>
    x
      .mul(alpha.mul(Math.PI / 2))
      .square()
      .add(1)
      .pow(-1)
      .mul(alpha.mul(0.5)),
})

/**
 * The error function (Yin et al., ICONS 2020), `alpha` 2 by default:
 *
 *   primitive   (1 + erf(alpha x)) / 2
 *   derivative  alpha / sqrt(pi) exp(-(alpha x)^2)
 */
export const erf = defineSurrogate('erf', {
  parameters: { alpha: 2 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).erf().add(1).mul(0.5),
  derivative: (x, { alpha }) =>
    x
      .mul(alpha)
      .square()
      .neg()
      .exp()
      .mul(alpha.div(Math.sqrt(Math.PI))),
})

/**
 * Soft sign, `alpha` 2 by default:
 *
 *   primitive   (alpha x / (1 + |alpha x|) + 1) / 2
 *   derivative  (alpha / 2) / (1 + alpha |x|)^2
 */
export const softSign = defineSurrogate('softSign', {
  parameters: { alpha: 2 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).div(x.mul(alpha).abs().add(1)).add(1).mul(0.5),
  derivative: (x, { alpha }) => x.mul(alpha).abs().add(1).pow(-2).mul(alpha.mul(0.5)),
})

/**
 * The fast sigmoid (Zenke and Ganguli, Neural Computation 2018), of `slope` 25 by default; its derivative is 1 at the
 * threshold whatever the slope:
 *
 *   primitive   x / (1 + slope |x|)
 *   derivative  1 / (1 + slope |x|)^2
 */
export const fastSigmoid = defineSurrogate('fastSigmoid', {
  parameters: { slope: 25 },
  within: { slope: [0, Infinity] },
  primitive: (x, { slope }) => x.div(x.abs().mul(slope).add(1)),
  derivative: (x, { slope }) => x.abs().mul(slope).add(1).pow(-2),
})

/**
 * The fast sigmoid above a `cutoff` alone, so that few neurons have a gradient (after Perez-Nieves and Goodman, NeurIPS
 * 2021), `slope` 25 and `cutoff` 1 by default:
 *
 *   primitive   u / (1 + slope |u|) - cutoff / (1 + slope |cutoff|), u = max(x, cutoff)
 *   derivative  1 / (1 + slope |x|)^2 for x > cutoff, else 0
 */
export const sparseFastSigmoid = defineSurrogate('sparseFastSigmoid', {
  parameters: { slope: 25, cutoff: 1 },
  within: { slope: [0, Infinity] },
  primitive: (x, { slope, cutoff }) => {
    const [u, start] = [x.maximum(cutoff), cutoff.div(cutoff.abs().mul(slope).add(1))]
    return u.div(u.abs().mul(slope).add(1)).sub(start)
  },
  derivative: (x, { slope, cutoff }) => where(x.gt(cutoff), x.abs().mul(slope).add(1).pow(-2), 0),
})

/**
 * The fast sigmoid of slope 1, scaled (Zenke and Ganguli, Neural Computation 2018), `alpha` 1 by default:
 *
 *   primitive   alpha x / (1 + |x|)
 *   derivative  alpha / (1 + |x|)^2
 */
export const superSpike = defineSurrogate('superSpike', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).div(x.abs().add(1)),
  derivative: (x, { alpha }) => x.abs().add(1).pow(-2).mul(alpha),
})

/**
 * The two-sided exponential (Shrestha and Orchard, NeurIPS 2018), `alpha` 1 by default:
 *
 *   primitive   exp(alpha x) / 2 for x < 0, 1 - exp(-alpha x) / 2 for x >= 0
 *   derivative  (alpha / 2) exp(-alpha |x|)
 */
export const piecewiseExponential = defineSurrogate('piecewiseExponential', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.abs().mul(alpha.neg()).exp().neg().add(1).mul(x.sign()).add(1).mul(0.5),
  derivative: (x, { alpha }) => x.abs().mul(alpha.neg()).exp().mul(alpha.mul(0.5)),
})

/**
 * The probability of escape at the rate exp(`beta` x), around one unit above the threshold (Gerstner and Kistler 2002),
 * `beta` 1 and `slope` 25 by default:
 *
 *   primitive   slope / beta (1 + sgn(x - 1) (1 - exp(-beta |x - 1|)))
 *   derivative  slope exp(-beta |x - 1|)
 */
export const spikeRateEscape = defineSurrogate('spikeRateEscape', {
  parameters: { beta: 1, slope: 25 },
  within: { beta: [0, Infinity], slope: [0, Infinity] },
  primitive: (x, { beta, slope }) =>
    x.sub(1).abs().mul(beta.neg()).exp().neg().add(1).mul(x.sub(1).sign()).add(1).mul(slope.div(beta)),
  derivative: (x, { beta, slope }) => x.sub(1).abs().mul(beta.neg()).exp().mul(slope),
})

/**
 * The q-pseudo-spike, with a tail that `alpha` > 1 makes lighter (Herranz-Celotti and Rouat 2022), 2 by default:
 *
 *   primitive   (1 + 2|x| / (alpha - 1))^(1 - alpha) / 2 for x < 0, 1 minus that for x >= 0
 *   derivative  (1 + 2|x| / (alpha - 1))^-alpha
 */
export const qPseudoSpike = defineSurrogate('qPseudoSpike', {
  parameters: { alpha: 2 },
  within: { alpha: [1, Infinity] },
  primitive: (x, { alpha }) =>
    x.abs().div(alpha.sub(1).mul(0.5)).add(1).pow(alpha.neg().add(1)).neg().add(1).mul(x.sign()).add(1).mul(0.5),
  derivative: (x, { alpha }) => x.abs().div(alpha.sub(1).mul(0.5)).add(1).pow(alpha.neg()),
})

/**
 * The circle function (Neftci et al., IEEE Signal Processing Magazine 2019), of width `alpha`, 1 by default:
 *
 *   primitive   alpha x / sqrt(x^2 + alpha^2)
 *   derivative  alpha^3 / (x^2 + alpha^2)^(3/2)
 */
export const circle = defineSurrogate('circle', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).div(x.square().add(alpha.square()).sqrt()),
  derivative: (x, { alpha }) => alpha.div(x.square().add(alpha.square()).sqrt()).pow(3),
})

/**
 * The hyperbolic tangent whose derivative is 1 at the threshold whatever the slope `k`, 1 by default:
 *
 *   primitive   tanh(k x) / k
 *   derivative  1 - tanh(k x)^2
 */
export const tanh = defineSurrogate('tanh', {
  parameters: { k: 1 },
  within: { k: [0, Infinity] },
  primitive: (x, { k }) => x.mul(k).tanh().div(k),
  derivative: (x, { k }) => x.mul(k).tanh().square().neg().add(1),
})
