import { compile, reference, scan, type Tensor } from '@snn/tensor'
import { windowedIntegrateAndFire, signedIntegrateAndFire, type Cell } from '@snn/neuron'
import { describe, expect, it } from 'vitest'
import { conv, linear, mlp, node, random, randomTensor, residual } from '../../test/networks.js'
import { neuronNames } from './activations.js'
import { convert } from '../convert.js'
import { normalize, noSettings } from '../build/normalize.js'
import { planConversion } from '../plan/plan.js'
import { prepare } from '../prepare/prepare.js'
import { simulate } from '../run/simulate.js'
import type { LayerCalibration } from './checkpoint.js'
import { Frontier } from './frontier.js'
import { gaussianThreshold } from './gaussian.js'
import { chooseNeuron, type ChosenNeuron, type Trace } from './neuron-grid.js'
import { simulateNeurons } from './neurons.js'
import { patchesOf } from './patches.js'
import { correctionOf, emptySums } from './ridge.js'
import { packSpikes, signCodes, signsOf, unpackSpikes } from './spike-trains.js'

const backend = reference()

describe('closed-form weights', () => {
  it('find the linear map that rows and errors come from', () => {
    const [inputs, outputs, rows] = [5, 3, 4000]
    const truth = random(outputs * inputs, 1)
    const shift = random(outputs, 2)
    const values = random(rows * inputs, 3)
    const sums = emptySums(inputs, outputs)
    for (let row = 0; row < rows; row++) {
      const r = values.subarray(row * inputs, (row + 1) * inputs).map((v, i) => v + i)
      const e = Array.from({ length: outputs }, (_, o) =>
        r.reduce((sum, v, i) => sum + v * truth[o * inputs + i]!, shift[o]!),
      )
      sums.rows++
      for (let i = 0; i < inputs; i++) {
        sums.r[i]! += r[i]!
        for (let j = 0; j < inputs; j++) sums.rr[i * inputs + j]! += r[i]! * r[j]!
        for (let o = 0; o < outputs; o++) sums.er[o * inputs + i]! += e[o]! * r[i]!
      }
      e.forEach((value, o) => (sums.e[o]! += value))
    }
    const { weight, bias } = correctionOf(sums, emptySums(inputs, outputs))
    weight.forEach((value, i) => expect(Math.abs(value - truth[i]!)).toBeLessThan(0.02))
    bias.forEach((value, o) => expect(Math.abs(value - shift[o]!)).toBeLessThan(0.1))
  })

  it('leave weights alone whose inputs do not vary but by rounding, and shift biases', () => {
    const [inputs, outputs, rows] = [6, 2, 500]
    for (const noise of [0, 1e-7]) {
      const origin = random(inputs, 1).map((x) => x * 1000)
      const wobble = random(inputs * rows, 2)
      const errors = random(outputs * rows, 3)
      const sums = emptySums(inputs, outputs, origin)
      for (let row = 0; row < rows; row++) {
        const r = Float64Array.from(origin, (x, i) => x * noise * wobble[row * inputs + i]!)
        sums.rows++
        for (let i = 0; i < inputs; i++) {
          sums.r[i]! += r[i]!
          for (let j = 0; j < inputs; j++) sums.rr[i * inputs + j]! += r[i]! * r[j]!
          for (let o = 0; o < outputs; o++) sums.er[o * inputs + i]! += errors[row * outputs + o]! * r[i]!
        }
        for (let o = 0; o < outputs; o++) sums.e[o]! += errors[row * outputs + o]!
      }
      const { weight, bias } = correctionOf(sums, emptySums(inputs, outputs, origin))
      weight.forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-4))
      bias.forEach((value, o) => expect(Math.abs(value - sums.e[o]! / rows)).toBeLessThan(0.1))
    }
  })

  it('take the rows that a layer multiplies with its weights', async () => {
    const cases = [
      { layer: conv(4, 6, 3, 2, 1, 2), from: [4, 7, 7], to: [6, 4, 4] },
      { layer: linear(5, 3), from: [2, 5], to: [2, 3] },
    ]
    for (const { layer, from, to } of cases) {
      const x = randomTensor([1, ...from], 8)
      const weight = await layer.variables['weight']!.data()
      const bias = await layer.variables['bias']!.data()
      const y = await compile(
        (input: Tensor) =>
          (layer as Extract<typeof layer, { apply: unknown }>).apply([input], { training: false, lead: 1 }),
        { backend },
      )(x)
      const { groups, inputs, outputs, places, copy, index } = patchesOf(node('layer', layer, 'x'), from, to)
      const row = new Float32Array(inputs)
      for (let place = 0; place < places; place++) {
        for (let channel = 0; channel < groups * outputs; channel++) {
          copy(x.data, 0, place, Math.floor(channel / outputs), row, 0)
          const sum = row.reduce((total, value, i) => total + value * weight[channel * inputs + i]!, bias[channel]!)
          expect(y.data[index(channel, place)]).toBeCloseTo(sum, 5)
        }
      }
    }
  })
})

describe('the grid of thresholds and ramps', () => {
  for (const signed of [false, true]) {
    it(`chooses the neuron with the least error, as the real neuron runs: ${signed ? 'signed' : 'binary'}`, async () => {
      const [T, start, wait, steps] = [6, 2, 1, 8]
      const numbers = random(40 * steps, signed ? 5 : 6)
      const currentAt = (trace: number, t: number): number => numbers[trace * steps + t]! * 0.8 + 0.2
      const traces: Trace[] = Array.from({ length: 40 }, (_, i) => {
        // what comes in after the window is not for this neuron
        const currents = Float64Array.from({ length: start - wait + T }, (_, t) => currentAt(i, t))
        return { currents, activation: Math.max(0, currents.subarray(start - wait).reduce((a, b) => a + b) / T) }
      })
      const largest = Math.max(...traces.map(({ activation }) => activation))
      const errorOf = async ({ threshold, initial, current }: Omit<ChosenNeuron, 'level'>): Promise<number> => {
        const options = { threshold, initial: { v: initial }, current, start, length: T, wait }
        const cell = (signed ? signedIntegrateAndFire(options) : windowedIntegrateAndFire(options)) as unknown as Cell
        const run = compile(
          (x: Tensor) =>
            scan(
              (state: ReturnType<Cell['initialState']>, now: Tensor) => {
                const { output, state: after } = cell.step(now, state)
                return [after, output] as const
              },
              cell.initialState([40], 'float64'),
              x,
            )[1],
          { backend },
        )
        const { data } = await run({
          data: Float64Array.from({ length: steps * 40 }, (_, i) => currentAt(i % 40, Math.floor(i / 40))),
          shape: [steps, 40],
        })
        let error = 0
        traces.forEach(({ activation }, i) => {
          let sum = 0
          let uneven = 0
          for (let t = start; t < start + T; t++) {
            sum += data[t * 40 + i]!
            uneven += ((sum - activation * (t - start + 1)) / T) ** 2
          }
          error += (sum / T - activation) ** 2 + uneven / T
        })
        return error
      }
      const chosen = chooseNeuron(traces, largest, { T, wait, signed, cap: Infinity })
      const least = await errorOf(chosen)
      for (let f = 1; f <= 11; f++) {
        const threshold = (f / 10) * largest
        for (const beta of [0, 0.25, 0.5, 0.75, 1])
          expect(least).toBeLessThanOrEqual(
            (await errorOf({ threshold, initial: threshold * (0.5 - beta), current: (beta * threshold) / T })) + 1e-9,
          )
      }
      // nor does a small change of any of the three make it less
      for (const change of [1 / 32, -1 / 32]) {
        const { threshold, initial, current } = chosen
        for (const other of [
          { ...chosen, initial: initial + change * threshold },
          { ...chosen, current: current + (change * threshold) / T },
        ])
          expect(least).toBeLessThan(1.02 * (await errorOf(other)))
      }
    })
  }
})

describe('Gaussian thresholds', () => {
  it('have the least expected error among thresholds', () => {
    for (const [mean, deviation, T] of [
      [0, 1, 4],
      [0.5, 2, 8],
      [-1, 1, 8],
    ] as const) {
      const error = (threshold: number): number => {
        let sum = 0
        for (let z = mean - 6 * deviation; z <= mean + 6 * deviation; z += deviation / 200) {
          const a = Math.max(0, z)
          const q = Math.min(1, Math.floor((a / threshold) * T + 0.5) / T)
          sum += Math.exp(-(((z - mean) / deviation) ** 2) / 2) * (a - q * threshold) ** 2
        }
        return sum
      }
      const threshold = gaussianThreshold(mean, deviation, T)
      for (const other of [0.8, 0.9, 1.1, 1.25]) expect(error(threshold)).toBeLessThan(error(threshold * other))
    }
  })
})

describe('sequential calibration', { timeout: 300_000 }, () => {
  const batches = [randomTensor([12, 3, 12, 12], 1)]

  const errorOf = async (options: object): Promise<number> => {
    const { snn, ann, report } = await convert(residual(), batches, { backend, ...options })
    const [spiking, exact] = [
      await simulate(snn, batches[0]!, { T: 8 + report.latency, backend }),
      await simulate(ann, batches[0]!, { T: 1, backend }),
    ]
    return Math.hypot(...Array.from(exact.logits.data, (value, i) => value - spiking.logits.data[i]!))
  }

  it('comes nearer to the ANN than the maximum, with corrected weights nearer still', async () => {
    const plain = await errorOf({ mode: 'max', per: 'channel' })
    const kept = await errorOf({ mode: 'sequential', T: 8 })
    const calibrated = await errorOf({ mode: 'sequential', T: 8, weights: 'calibrate' })
    expect(kept).toBeLessThan(plain)
    expect(calibrated).toBeLessThan(kept)
  })

  it('waits: latency is reported, and the error falls', async () => {
    const { report } = await convert(residual(), batches, { backend, mode: 'sequential', T: 8, wait: 1 })
    expect(report).toMatchObject({ latency: 4, weights: 'kept' })
    expect(report.accuracy.map(({ T }) => T)).toEqual([8, 12])
    expect(await errorOf({ mode: 'sequential', T: 8, wait: 1, code: 'signed' })).toBeLessThan(
      await errorOf({ mode: 'max', per: 'channel' }),
    )
  })

  it('leaves the weights of the ANN as they are unless asked, and says what it did', async () => {
    const x = [randomTensor([400, 8], 5)]
    for (const [weights, said] of [
      ['keep', 'kept'],
      ['biases', 'biases corrected'],
      ['calibrate', 'calibrated'],
    ] as const) {
      const net = mlp()
      const before = await net.node('fc2').layer.variables['weight']!.data()
      const { snn, ann, report } = await convert(net, x, { backend, mode: 'sequential', T: 4, weights })
      expect(report.weights).toBe(said)
      expect(await ann.node('fc2').layer.variables['weight']!.data()).toEqual(before)
      // the SNN's weights are the ANN's times s_in / s_out
      const own = await snn.node('fc2').layer.variables['weight']!.data()
      const ratio = (o: number, i: number): number => own[o * 12 + i]! / before[o * 12 + i]!
      const unchanged = Array.from({ length: 8 }, (_, i) =>
        Math.abs((ratio(1, i + 1) * ratio(0, 0)) / (ratio(1, 0) * ratio(0, i + 1)) - 1),
      ).every((d) => d < 1e-4)
      expect(unchanged).toBe(weights !== 'calibrate')
    }
  })

  it('goes on where it was cut off, with the same result', async () => {
    const options = { backend, mode: 'sequential', T: 4, weights: 'calibrate' } as const
    const x = [randomTensor([20, 8], 5)]
    const all: LayerCalibration[] = []
    const whole = await convert(mlp(), x, { ...options, onLayer: (found) => void all.push(found) })
    expect(all.map(({ layer, what }) => `${layer} ${what}`)).toEqual([
      'relu1 neurons',
      'fc2 weights',
      'relu2 neurons',
      'fc3 weights',
    ])
    for (const done of [1, 2, 4]) {
      const rest: LayerCalibration[] = []
      const known = JSON.parse(JSON.stringify(all.slice(0, done))) as LayerCalibration[]
      const { snn } = await convert(mlp(), x, { ...options, resume: known, onLayer: (found) => void rest.push(found) })
      expect(rest).toEqual(all.slice(done))
      for (const [name, variable] of Object.entries(snn.variables()))
        expect(await variable.data()).toEqual(await whole.snn.variables()[name]!.data())
    }
  })

  it('refuses to go on with what another calibration found', async () => {
    const options = { backend, mode: 'sequential', T: 4 } as const
    const x = [randomTensor([20, 8], 5)]
    const all: LayerCalibration[] = []
    await convert(mlp(), x, { ...options, onLayer: (found) => void all.push(found) })
    const others = [
      convert(mlp(), [randomTensor([20, 8], 6)], { ...options, resume: all }),
      convert(mlp(), x, { ...options, T: 5, resume: all }),
      convert(mlp(), x, { ...options, resume: all.slice(1) }),
      convert(mlp(), x, { backend, mode: 'max', resume: all }),
    ]
    for (const other of others)
      await expect(other).rejects.toMatchObject({ code: 'ARGUMENT', details: { name: 'resume' } })
  })

  it('drives a layer by the very spikes of the whole network, which it keeps as long as they are needed', async () => {
    for (const wait of [0, 1]) {
      const settings = { ...noSettings, T: 5, wait }
      const plan = planConversion((await prepare(residual(), { softmax: 'strip' })).network, 'error')
      const names = neuronNames(plan)
      const thresholds = new Map(
        names.map((name) => [name, Float64Array.from({ length: plan.shapes.get(name)![0]! }, (_, c) => 0.5 + 0.1 * c)]),
      )
      const calibrated = { network: plan.network, thresholds, neurons: new Map() }
      const stages = names.map((name) => ({
        node: plan.network.node(name),
        what: 'neurons' as const,
        needs: plan.network.node(name).inputs,
        other: undefined,
      }))
      const options = { backend, settings, weights: 'keep' as const }
      const frontier = await Frontier.open(plan, stages, settings, batches, options)
      const { snn } = await normalize({ ...plan, code: { ...plan.code, absorbs: false } }, thresholds, {
        initialPotential: 0.5,
        delay: 0,
        settings,
      })
      const { recorded } = await simulate(snn, batches[0]!, { T: 5 + 5 * wait, record: ['*.spike'], backend })
      const alive: number[] = []
      for (const [index, name] of names.entries()) {
        if (frontier.isNeeded(index, name)) {
          await simulateNeurons(plan, calibrated, name, options, frontier)
          const { spikes, activation } = frontier.chunks[0]!.kept.get(name)!
          const data = new Uint8Array(spikes!.length)
          unpackSpikes(spikes!, data, 0)
          const start = plan.code.start(plan.depths.get(name)!, settings) * activation.data.length
          expect([...data]).toEqual([...recorded[`${name}.spike`]!.data.subarray(start, start + data.length)])
          expect(data.some((spike) => spike > 0)).toBe(true)
        }
        frontier.finish(index)
        alive.push(frontier.chunks[0]!.kept.size)
      }
      expect(Math.max(...alive)).toBeLessThanOrEqual(2)
    }
  })

  it('keeps spikes in two bits each', async () => {
    const signs = compile((x: Tensor) => signCodes(x), { backend })
    const values = compile((x: Tensor) => signsOf(x), { backend })
    for (const length of [1, 4, 7, 64]) {
      const x = Float32Array.from({ length }, (_, i) => [0, 1.5, -2, 1][(i * 7) % 4]!)
      const train = packSpikes((await signs({ data: x, shape: [length] })).data as Uint8Array)
      expect(train.packed.length).toBe(Math.ceil(length / 4))
      const data = new Uint8Array(length + 3).fill(9)
      unpackSpikes(train, data, 2)
      expect([...data.subarray(0, 2), data.at(-1)]).toEqual([9, 9, 9])
      expect((await values({ data: data.slice(2, -1), shape: [length] })).data).toEqual(x.map(Math.sign))
    }
  })

  it('shrinks corrections that samples set aside do not bear out', () => {
    const [inputs, rows] = [3, 60]
    const sums = (seed: number, slope: number) => {
      const s = emptySums(inputs, 1)
      const values = random(rows * (inputs + 1), seed)
      for (let row = 0; row < rows; row++) {
        const r = values.subarray(row * 4, row * 4 + inputs)
        const e = slope * r[0]! + 0.3 * values[row * 4 + 3]!
        s.rows++
        for (let i = 0; i < inputs; i++) {
          s.r[i]! += r[i]!
          s.er[i]! += e * r[i]!
          for (let j = 0; j < inputs; j++) s.rr[i * inputs + j]! += r[i]! * r[j]!
        }
        s.e[0]! += e
      }
      return s
    }
    expect(correctionOf(sums(1, 1), sums(2, 1)).weight[0]).toBeGreaterThan(0.7)
    expect([...correctionOf(sums(1, 1), sums(2, -1)).weight].map(Math.abs)).toEqual([0, 0, 0])
  })

  it('tells its progress and stops when told', async () => {
    const seen: number[] = []
    await convert(mlp(), [randomTensor([20, 8], 5)], {
      backend,
      mode: 'sequential',
      T: 4,
      onProgress: ({ stage, done }) => stage === 'calibrate' && seen.push(done),
    })
    expect(seen).toEqual([1, 2])
    const controller = new AbortController()
    const stopped = convert(mlp(), [randomTensor([20, 8], 5)], {
      backend,
      mode: 'sequential',
      T: 4,
      signal: controller.signal,
      onProgress: () => controller.abort(new Error('enough')),
    })
    await expect(stopped).rejects.toThrow('enough')
  })
})
