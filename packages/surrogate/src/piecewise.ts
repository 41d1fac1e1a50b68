import { scalar, where } from '@snn/tensor'
import { defineSurrogate } from './define-surrogate.js'

/**
 * The triangle of height `alpha` and area 1 (Esser et al., PNAS 2016), `alpha` 1 by default:
 *
 *   primitive   1/2 + alpha x - alpha^2 x |x| / 2 for |x| <= 1 / alpha, else 0 or 1
 *   derivative  alpha max(0, 1 - alpha |x|)
 */
export const piecewiseQuadratic = defineSurrogate('piecewiseQuadratic', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => {
    const u = x.mul(alpha).clip(-1, 1)
    return u.sub(u.mul(u.abs()).mul(0.5)).add(0.5)
  },
  derivative: (x, { alpha }) => x.abs().mul(alpha.neg()).add(1).relu().mul(alpha),
})

/**
 * The triangle of any height and width (Bellec et al., NeurIPS 2018: height 0.3, width 1):
 *
 *   primitive   height (u - u |u| / (2 width)), u = x clipped to [-width, width]
 *   derivative  height max(0, 1 - |x| / width)
 */
export const triangle = defineSurrogate('triangle', {
  parameters: { height: 0.3, width: 1 },
  within: { height: [0, Infinity], width: [0, Infinity] },
  primitive: (x, { height, width }) => {
    const u = x.maximum(width.neg()).minimum(width)
    return u.sub(u.mul(u.abs()).div(width.mul(2))).mul(height)
  },
  derivative: (x, { height, width }) => x.abs().div(width.neg()).add(1).relu().mul(height),
})

/**
 * The rectangle of height `alpha` and area 1 (Wu et al., Frontiers in Neuroscience 2018), `alpha` 1 by default:
 *
 *   primitive   alpha x + 1/2, clipped to [0, 1]
 *   derivative  alpha for |x| < 1 / (2 alpha), else 0
 */
export const rect = defineSurrogate('rect', {
  parameters: { alpha: 1 },
  within: { alpha: [0, Infinity] },
  primitive: (x, { alpha }) => x.mul(alpha).add(0.5).clip(0, 1),
  derivative: (x, { alpha }) => x.abs().lt(alpha.pow(-1).mul(0.5)).cast(x.dtype).mul(alpha),
})

/**
 * The rectangle of half-width `w` (default 1) with a leak `c` (default 0.01) outside:
 *
 *   primitive   x / (2 w) + 1/2 for |x| < w, c (x + w) below, c (x - w) + 1 above
 *   derivative  1 / (2 w) for |x| < w, else c
 */
export const piecewiseLeakyRelu = defineSurrogate('piecewiseLeakyRelu', {
  parameters: { w: 1, c: 0.01 },
  within: { w: [0, Infinity] },
  primitive: (x, { w, c }) => {
    const inside = x.maximum(w.neg()).minimum(w)
    return inside.div(w.mul(2)).add(0.5).add(x.sub(inside).mul(c))
  },
  derivative: (x, { w, c }) => where(x.abs().lt(w), w.mul(2).pow(-1), c),
})

/**
 * A kinked line, with slopes `leak` (default 0) and `k` (default 1):
 *
 *   primitive   leak x for x < 0, k x for x >= 0
 *   derivative  leak for x < 0, k for x >= 0
 */
export const leakyKRelu = defineSurrogate('leakyKRelu', {
  parameters: { leak: 0, k: 1 },
  primitive: (x, { leak, k }) => x.relu().mul(k).add(x.minimum(0).mul(leak)),
  derivative: (x, { leak, k }) => where(x.ge(0), k, leak),
})

/**
 * Straight through (Bengio et al. 2013):
 *
 *   primitive   x
 *   derivative  1
 */
export const deterministicPass = defineSurrogate('deterministicPass', {
  parameters: {},
  primitive: (x) => x,
  derivative: (x) => scalar(1, x.dtype),
})

/**
 * Spike counts 0 .. `levels` (default 4) in place of spikes (Luo et al., ECCV 2024): here x is the membrane in units of
 * the threshold, not its distance from it.
 *
 *   forward     round(x clipped to [0, levels]), ties to even
 *   primitive   x clipped to [-margin, levels + margin]
 *   derivative  1 for -margin <= x <= levels + margin, else 0
 */
export const multiLevel = defineSurrogate('multiLevel', {
  parameters: { margin: 0 },
  within: { levels: [0, Infinity] },
  settings: { levels: 4 },
  forward: (x, _parameters, { levels }) => x.clip(0, levels).round(),
  primitive: (x, { margin }, { levels }) => x.maximum(margin.neg()).minimum(margin.add(levels)),
  derivative: (x, { margin }, { levels }) =>
    x
      .ge(margin.neg())
      .and(x.le(margin.add(levels)))
      .cast(x.dtype),
})
