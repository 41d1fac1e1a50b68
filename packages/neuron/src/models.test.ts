import { atan, sigmoid } from '@snn/surrogate'
import { compile, grad, isSnnError, reference, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { expectClose, run } from '../test/run.js'
import * as all from './index.js'
import type { Cell } from './index.js'

const backend = reference()
const inputs = [0.9, 1.7, 2.1, 0.3, 1.9, -0.4, 1.9, 1.2, 2.2, 0.1]

/** Every state, spike and output of one neuron over time. */
async function trace(cell: Cell, xs: readonly number[] = inputs) {
  return compile((x: Tensor) => run(cell, x), { backend })({ data: Float64Array.from(xs), shape: [xs.length, 1] })
}

/** Holds every step against a loop over plain numbers, which gives the values by name. */
async function equals(
  cell: Cell,
  loop: (x: number) => Readonly<Record<string, number>>,
  xs: readonly number[] = inputs,
): Promise<void> {
  const result = await trace(cell, xs)
  const expected = xs.map(loop)
  for (const name of Object.keys(expected[0]!))
    expectClose(
      result[name]!.data,
      expected.map((step) => step[name]!),
      1e-9,
    )
  expect(new Set(result['spike']!.data).size).toBeGreaterThan(1)
}

function message(make: () => unknown): string {
  try {
    make()
    return 'no error'
  } catch (error) {
    return isSnnError(error, 'ARGUMENT') ? error.message : 'another error'
  }
}

describe('neurons against loops over numbers', () => {
  it('adaptiveExponential, hard and soft reset', async () => {
    for (const soft of [false, true]) {
      let [v, w] = soft ? [0, 0] : [-0.1, 0]
      await equals(
        all.adaptiveExponential({ a: 0.1, b: 0.4, tauW: 3, tau: 2.5, ...(soft && { reset: 'soft' }) }),
        (x) => {
          v += (x - v + Math.exp(v - 0.8) - w) / 2.5
          w += (0.1 * v - w) / 3
          const spike = v >= 1 ? 1 : 0
          if (spike) v = soft ? v - 1 : -0.1
          w += 0.4 * spike
          return { spike, v, w }
        },
      )
    }
  })

  it('adaptiveLif', async () => {
    let [v, a] = [0, 0]
    await equals(all.adaptiveLif({ beta: 0.5, tauAdaptation: 4, reset: 'soft' }), (x) => {
      v += (x - v) / 2
      a -= a / 4
      const spike = v >= 1 + 0.5 * a ? 1 : 0
      v -= spike
      a += spike
      return { spike, v, a }
    })
  })

  it('synaptic: the reset comes a step later, or at once', async () => {
    for (const resetDelay of [true, false]) {
      let [i, v] = [0, 0]
      await equals(all.synaptic({ alpha: 0.5, beta: 0.6, threshold: 2, resetDelay }), (x) => {
        const late = resetDelay && v >= 2 ? 2 : 0
        i = 0.5 * i + x
        v = 0.6 * v + i - late
        const spike = v >= 2 ? 1 : 0
        if (!resetDelay) v -= 2 * spike
        return { spike, v, i }
      })
    }
    const quiet = await trace(all.synaptic({ alpha: 0.5, beta: 0.5 }), [0.25, 0])
    expect([...quiet['i']!.data, ...quiet.v!.data]).toEqual([0.25, 0.125, 0.25, 0.25])
    const derivative = (x: Tensor): Tensor => {
      const { v } = run(all.synaptic({ alpha: 0.5, beta: 0.5 }), x)
      return grad(v!.at(0, 1).sum(), x)
    }
    const dx = await compile(derivative, { backend })({ data: Float64Array.of(2, 0), shape: [2, 1] })
    expect([...dx.data]).toEqual([1, 1])
  })

  it('alphaLif: nothing in the first step; cleared after a spike', async () => {
    for (const resetDelay of [true, false]) {
      let [rise, fall, v] = [0, 0, 0]
      const k = Math.log(0.6) / (Math.log(0.5) - Math.log(0.6)) + 1
      await equals(all.alphaLif({ alpha: 0.6, beta: 0.5, threshold: 0.3, resetDelay }), (x) => {
        const late = resetDelay && v >= 0.3
        ;[rise, fall] = [0.6 * rise + x, 0.5 * fall - x]
        v = k * (rise + fall)
        if (late) [rise, fall, v] = [0, 0, 0]
        const spike = v >= 0.3 ? 1 : 0
        if (spike && !resetDelay) [rise, fall, v] = [0, 0, 0]
        return { spike, v, excitatory: rise, inhibitory: fall }
      })
    }
  })

  it("currentLif gives Norse's trace", async () => {
    const { v, spike } = await trace(all.currentLif(), Array<number>(9).fill(1))
    expectClose(v!.data, [0.1, 0.27, 0.487, 0.7335, 0.9963, 0, 0.3951, 0.7717, 0], 1e-4)
    expect([...spike!.data]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 1])
  })

  it('lsnn', async () => {
    let [v, i, b] = [0, 0, 1]
    await equals(all.lsnn({ tauMembrane: 2, tauAdaptation: 20 }), (x) => {
      v += (i - v) / 2
      i += -i / 5 + x
      b += (1 - b) / 20
      const spike = v >= b ? 1 : 0
      if (spike) v = 0
      b += 1.8 * spike
      return { spike, v, i, b }
    })
  })

  it('resonateAndFire: two kicks a period apart add up, half a period apart they cancel', async () => {
    let [u, v] = [0, 0]
    await equals(all.resonateAndFire({ omega: 0.7 }), (x) => {
      const [before, kept] = [u, Math.exp(-0.1)]
      u = kept * (u * Math.cos(0.7) - v * Math.sin(0.7)) + x
      v = kept * (before * Math.sin(0.7) + v * Math.cos(0.7))
      const spike = v >= 1 ? 1 : 0
      if (spike) [u, v] = [0, 1]
      return { spike, u, v }
    })
    const kicks = (distance: number) => Array.from({ length: 24 }, (_, t) => (t === 0 || t === distance ? 0.7 : 0))
    const quarter = { omega: Math.PI / 4, damping: 0.02 }
    expect([...(await trace(all.resonateAndFire(quarter), kicks(8))).spike!.data]).toContain(1)
    expect([...(await trace(all.resonateAndFire(quarter), kicks(4))).spike!.data]).not.toContain(1)
    expect((await trace(all.resonateAndFire(quarter), [0])).v!.data[0]).toBe(0)
  })

  it('sigmaDelta: what it handed on stays within a threshold of the activation of what came in', async () => {
    const changes = [0.3, 0.04, 0.04, 0.04, -0.5, 0.6, -0.02]
    let [total, sent] = [0, 0]
    await equals(
      all.sigmaDelta({ bias: 0.05 }),
      (x) => {
        total += x
        const d = Math.max(0, total + 0.05) - sent
        const spike = Math.abs(d) >= 0.1 ? d : 0
        sent += spike
        expect(Math.abs(Math.max(0, total + 0.05) - sent)).toBeLessThan(0.1)
        return { spike, sent, sigma: total }
      },
      changes,
    )
    expect((await trace(all.sigmaDelta({ activation: 'identity' }), [-0.3])).spike!.data[0]).toBeCloseTo(-0.3, 12)
  })

  it('hodgkinHuxley rests at -65 mV, and fires 6 or 7 times in 100 ms of 10 uA/cm^2', async () => {
    const fine = { dt: 0.02, substeps: 50 }
    const rest = await trace(all.hodgkinHuxley(fine), Array<number>(20).fill(0))
    for (const v of rest.v!.data) expect(Math.abs(v + 65)).toBeLessThan(0.1)
    const fired = await trace(all.hodgkinHuxley({ dt: 0.02, substeps: 10 }), Array<number>(500).fill(10))
    expect([6, 7]).toContain([...fired.spike!.data].reduce((a, b) => a + b))
    const once = await trace(all.hodgkinHuxley({ initial: { v: -55, m: 0 } }), [0])
    const open = (0.1 * (-55 + 40)) / (1 - Math.exp(-(-55 + 40) / 10))
    expect(once.m!.data[0]).toBeCloseTo(0.01 * open, 12)
    const at = await trace(all.hodgkinHuxley({ initial: { v: -40, m: 0 } }), [0])
    expect(at.m!.data[0]).toBeCloseTo(0.01, 12) // the removable singularity
  })

  it('slttLif spikes as lif', async () => {
    const [online, plain] = [await trace(all.slttLif({ tau: 3 })), await trace(all.lif({ tau: 3 }))]
    expect(online.v!.data).toEqual(plain.v!.data)
    expect(online.spike!.data).toEqual(plain.spike!.data)
  })
})

describe('options of variants', () => {
  it('klif: gain, scaled hard reset', async () => {
    let v = -0.2
    await equals(all.klif({ k: 1.5, scaleReset: true, reset: { to: -0.2 } }), (x) => {
      v = Math.max(0, 1.5 * (v + (x - (v + 0.2)) / 2))
      const spike = v >= 1 ? 1 : 0
      v = spike ? -0.2 : v / 1.5
      return { spike, v }
    })
  })

  it('liaf: every activation, of v or of v - threshold', async () => {
    const plain = await trace(all.lif({ reset: 'none' }))
    for (const [activation, f] of [
      ['relu', (u: number) => Math.max(0, u)],
      ['tanh', Math.tanh],
      ['sigmoid', (u: number) => 1 / (1 + Math.exp(-u))],
      ['identity', (u: number) => u],
    ] as const) {
      for (const thresholdRelated of [true, false]) {
        const { output } = await trace(all.liaf({ reset: 'none', threshold: 0.8, activation, thresholdRelated }))
        expectClose(
          output.data,
          Array.from(plain.v!.data, (v) => f(thresholdRelated ? v - 0.8 : v)),
          1e-12,
        )
      }
    }
    // @ts-expect-error no such activation
    expect(message(() => all.liaf({ activation: 'gelu' }))).toContain(
      "[liaf] option activation: gelu, expected one of 'relu', 'tanh', 'sigmoid', 'identity'",
    )
  })

  it('ilif: decayInput, threshold, and counts up to 4', async () => {
    let v = 0
    await equals(all.ilif({ tau: 1.5, threshold: 0.5, decayInput: true }), (x) => {
      v += (x - v) / 1.5
      const u = Math.min(Math.max(v / 0.5, 0), 4)
      const spike = Math.abs(u % 1) === 0.5 ? 2 * Math.round(u / 2) : Math.round(u)
      v -= 0.5 * spike
      return { spike, v }
    })
    const counted = await trace(all.ilif({ tau: 1e9 }), [3.2, 0.4, 5.8])
    expect([...counted.spike!.data]).toEqual([3, 1, 4])
    expect(counted.v!.data[0]).toBeCloseTo(0.2, 8)
  })

  it('izhikevich and otttLif honour every reset', async () => {
    for (const reset of ['soft', 'none', { to: 0.25 }] as const) {
      for (const make of [all.izhikevich, all.otttLif]) {
        const { spike, v } = await trace(make({ reset }))
        const first = [...spike!.data].indexOf(1)
        const { v: kept } = await trace(
          make({ reset: 'none', ...(typeof reset === 'object' && { initial: { v: 0.25 } }) }),
        )
        if (make === all.otttLif && reset === 'soft') expect(v!.data[first]).toBeCloseTo(kept!.data[first]! - 1, 12)
        if (reset === 'none') expect(v!.data[first]).toBeGreaterThanOrEqual(1)
        if (typeof reset === 'object') expect(v!.data[first]).toBe(0.25)
      }
    }
  })
})

describe('what is refused', () => {
  it('time constants and gains outside of their intervals', () => {
    expect(message(() => all.lif({ tau: 1 }))).toBe(
      '[lif] option tau: 1, expected a finite number above 1, a Tensor, a Variable or learnable(..). Correct it.',
    )
    expect(message(() => all.lif({ tau: all.learnable(0.5) }))).toContain(
      '[lif] option tau: {"contract":1,"learnable":0.5,"per":"layer"}, expected a finite number above 1',
    )
    for (const make of [
      all.klif,
      all.liaf,
      all.ilif,
      all.slttLif,
      all.otttLif,
      all.quadraticIntegrateAndFire,
      all.exponentialIntegrateAndFire,
      all.izhikevich,
      all.adaptiveExponential,
      all.adaptiveLif,
    ]) {
      expect(message(() => make({ tau: 1 }))).toContain('option tau: 1, expected a finite number above 1')
    }
    expect(message(() => all.parametricLif({ initialTau: 1 }))).toBe(
      '[parametricLif] option initialTau: 1, expected a finite number above 1. Correct it.',
    )
    expect(message(() => all.nonSpikingLif({ tau: 0 }))).toContain('[nonSpikingLif] option tau: 0')
    expect(message(() => all.izhikevich({ a0: 0 }))).toContain('[izhikevich] option a0: 0')
    expect(message(() => all.izhikevich({ tauW: -1 }))).toContain('[izhikevich] option tauW: -1')
    expect(message(() => all.hodgkinHuxley({ dt: 0 }))).toContain('[hodgkinHuxley] option dt: 0')
    expect(message(() => all.hodgkinHuxley({ substeps: 0 }))).toContain(
      '[hodgkinHuxley] option substeps: 0, expected a finite number above 0',
    )
    expect(message(() => all.sigmaDelta({ threshold: 0 }))).toContain('[sigmaDelta] option threshold: 0')
    expect(message(() => all.alphaLif({ alpha: 0.5, beta: 0.6 }))).toBe(
      '[alphaLif] option alpha: 0.5, expected a number above beta, 0.6. Correct it.',
    )
    expect(message(() => all.alphaLif({ alpha: 1 }))).toContain(
      '[alphaLif] option alpha: 1, expected a finite number above 0 and below 1',
    )
    expect(message(() => all.lif({ surrogate: sigmoid({ alpha: 2 }), tau: 1.001 }))).toBe('no error')
  })

  it('resets that a model does not know', () => {
    expect(message(() => all.ilif({ reset: { to: 0 } }))).toBe(
      '[ilif] option reset: {"to":0}, expected \'soft\', the resets of this model. Correct it.',
    )
    expect(message(() => all.nonSpikingLif({ reset: 'soft' }))).toContain("expected 'none', the resets of this model")
    expect(message(() => all.hodgkinHuxley({ reset: { to: -65 } }))).toContain("expected 'none'")
    expect(message(() => all.alphaLif({ reset: { to: 0.5 } }))).toContain("expected { to: 0 } or 'none'")
    expect(message(() => all.alphaLif({ reset: { to: 0 } }))).toBe('no error')
    expect(message(() => all.bipolarIntegrateAndFire({ reset: 'soft' }))).toContain(
      'expected none, for the model resets in its own way',
    )
    expect(message(() => all.sigmaDelta({ reset: 'soft' }))).toContain('expected none')
    expect(all.ilif().config['reset']).toBe('soft')
    expect(all.sigmaDelta().config).not.toHaveProperty('reset')
  })
})

describe('surrogates with learnable parameters', () => {
  it('are part of the layer', () => {
    const cell = all.lif({ surrogate: atan({ alpha: all.learnable(3) }) })
    expect(cell.trainable).toEqual(['surrogate.alpha'])
    expect(Object.keys(cell.variables)).toEqual(['surrogate.alpha'])
    expect(cell.config['surrogate']).toEqual({ name: 'atan', alpha: { contract: 1, learnable: 3, per: 'layer' } })
  })
})
