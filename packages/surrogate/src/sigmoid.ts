import { defineSurrogate } from './define-surrogate.js'

/**
 * The logistic function of slope `alpha` (default 4):
 *
 *   primitive   sigma(alpha x)
 *   derivative  alpha sigma(alpha x) (1 - sigma(alpha x))
 */
export const sigmoid = defineSurrogate('sigmoid', {
  parameters: { alpha: 4 },
  primitive: (x, { alpha }) => x.mul(alpha).sigmoid(),
  derivative: (x, { alpha }) => {
    const s = x.mul(alpha).sigmoid()
    return s.neg().add(1).mul(s).mul(alpha)
  },
})
