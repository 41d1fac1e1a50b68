import { where } from '@snn/tensor'
import { defineSurrogate } from './define-surrogate.js'

/**
 * A logarithm on either side of the threshold, `alpha` 1 by default:
 *
 *   primitive   sgn(x) ln(1 + alpha |x|)
 *   derivative  1 / (1 / alpha + |x|)
 */
export const nonzeroSignLogAbs = defineSurrogate('nonzeroSignLogAbs', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.abs().mul(alpha).add(1).log().mul(x.sign()),
  derivative: (x, { alpha }) => x.abs().add(alpha.pow(-1)).pow(-1),
})

/**
 * A line up to 1 and a logarithm beyond (Cai et al., CVPR 2017), with the slope `alpha` (default 0) below the
 * threshold:
 *
 *   primitive   alpha x for x <= 0, x for 0 < x <= 1, 1 + ln x for x > 1
 *   derivative  alpha, 1, 1 / x
 */
export const logTailedRelu = defineSurrogate('logTailedRelu', {
  parameters: { alpha: 0 },
  primitive: (x, { alpha }) => x.minimum(0).mul(alpha).add(x.clip(0, 1)).add(x.maximum(1).log()),
  derivative: (x, { alpha }) => where(x.le(0), alpha, x.maximum(1).pow(-1)),
})

/**
 * The quotient H(x) / x, as a numerical gradient would give it, cut at `alpha` (default 0.3):
 *
 *   primitive   alpha x for |x| <= 1 / alpha, else sgn(x) (1 + ln(alpha |x|))
 *   derivative  min(alpha, 1 / |x|)
 */
export const fakeNumericalGradient = defineSurrogate('fakeNumericalGradient', {
  parameters: { alpha: 0.3 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).clip(-1, 1).add(x.abs().mul(alpha).maximum(1).log().mul(x.sign())),
  derivative: (x, { alpha }) => x.abs().maximum(alpha.pow(-1)).pow(-1),
})

/**
 * A logistic below the threshold and a logarithm above (Suetake et al., Neural Networks 2023), `alpha` 4 and `beta` 1
 * by default:
 *
 *   primitive   sigma(alpha x) for x < 0, beta ln(|x + 1| + 1e-5) + 1/2 for x >= 0
 *   derivative  alpha sigma(alpha x) (1 - sigma(alpha x)) for x < 0, beta / (x + 1) for x >= 0
 */
export const s2nn = defineSurrogate('s2nn', {
  parameters: { alpha: 4, beta: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha, beta }) =>
    where(
      x.lt(0),
      x.mul(alpha).sigmoid(),
      x
        .relu()
        .add(1 + 1e-5)
        .log()
        .mul(beta)
        .add(0.5),
    ),
  derivative: (x, { alpha, beta }) => {
    const s = x.mul(alpha).sigmoid()
    return where(x.lt(0), s.neg().add(1).mul(s).mul(alpha), x.relu().add(1).pow(-1).mul(beta))
  },
})
