import { avgPool2d, conv2d, flatten, input, linear, sequential } from '@snn/nn'
import { integrateAndFire, lif } from '@snn/neuron'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  matrixConnections,
  nirArray,
  onSpeck,
  resources,
  speckCores,
  toNir,
  windowConnections,
  type NirGraph,
  type SpeckLayer,
} from '../index.js'

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

describe('connections', () => {
  it('of windows are those of the matrix that does the same', () => {
    const one = fc.integer({ min: 1, max: 3 })
    const axis = fc.record({
      n: fc.integer({ min: 3, max: 6 }),
      taps: one,
      stride: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      padding: fc.integer({ min: 0, max: 2 }),
    })
    fc.assert(
      fc.property(
        fc.array(axis, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 2 }),
        one,
        one,
        (axes, groups, into, out) => {
          const places = axes.map(
            ({ n, taps, stride, dilation, padding }) =>
              Math.floor((n + 2 * padding - dilation * (taps - 1) - 1) / stride) + 1,
          )
          fc.pre(places.every((count) => count > 0))
          const [input, output] = [
            [into * groups, ...axes.map(({ n }) => n)],
            [out * groups, ...places],
          ]
          const matrix = new Float64Array(size(output) * size(input))
          const [inside, outside] = [size(input.slice(1)), size(places)]
          const walk = (at: number, place: number, from: number, mark: (place: number, from: number) => void): void => {
            const own = axes[at]
            if (!own) return mark(place, from)
            for (let y = 0; y < places[at]!; y++)
              for (let tap = 0; tap < own.taps; tap++) {
                const x = y * own.stride + tap * own.dilation - own.padding
                if (x >= 0 && x < own.n) walk(at + 1, place * places[at]! + y, from * own.n + x, mark)
              }
          }
          for (let o = 0; o < output[0]!; o++)
            for (let i = 0; i < into; i++) {
              const channel = Math.floor(o / out) * into + i
              walk(
                0,
                0,
                0,
                (place, from) => (matrix[(o * outside + place) * size(input) + channel * inside + from] = 1),
              )
            }
          const counted = windowConnections({
            weightShape: [output[0]!, into, ...axes.map(({ taps }) => taps)],
            input,
            output,
            stride: axes.map((own) => own.stride),
            dilation: axes.map((own) => own.dilation),
            padding: axes.map((own) => own.padding),
            groups,
          })
          const { parameters, ...expected } = matrixConnections(matrix, [size(output), size(input)])
          expect({ synapses: counted.synapses, fanIn: counted.fanIn, fanOut: counted.fanOut }).toEqual(expected)
          expect(counted.parameters).toBe(output[0]! * into * size(axes.map(({ taps }) => taps)))
          expect(parameters).toBe(expected.synapses)
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })
})

describe('resources of a graph', () => {
  it('are counted layer by layer, through pooling', async () => {
    const net = sequential(
      input([1, 6, 6]),
      conv2d(1, 2, 3, { padding: 1 }),
      integrateAndFire({ reset: { to: 0 } }),
      avgPool2d(2),
      flatten(),
      linear(18, 4),
      integrateAndFire({ reset: { to: 0 } }),
      linear(4, 3),
    )
    const { layers, neurons, synapses, weightBytes, chips } = resources(await toNir(net))
    expect(layers.map(({ layer, ...own }) => own)).toEqual([
      // 4 corners with 4 taps, 16 places at the edges with 6, 16 inside with 9, twice
      { neurons: 72, synapses: 2 * (4 * 4 + 16 * 6 + 16 * 9), parameters: 18, fanIn: 9, fanOut: 4 },
      { neurons: 4, synapses: 72, parameters: 72, fanIn: 18, fanOut: 3 },
      { neurons: 3, synapses: 12, parameters: 12, fanIn: 4, fanOut: 0 },
    ])
    expect([neurons, synapses, weightBytes]).toEqual([79, 512 + 84, 4 * (18 + 2 + 72 + 4 + 12 + 3)])
    expect(chips.map(({ chip, fits }) => [chip, fits])).toEqual([
      ['Speck / DynapCNN', true],
      ['Xylo Audio 2', false],
    ])
    expect(chips[1]!.problems.map(({ what }) => what)).toEqual([
      'Rockpool, Xylo does not read Conv2d',
      'Rockpool, Xylo does not read IF',
      'Rockpool, Xylo does not read AvgPool2d',
      'Rockpool, Xylo does not read Flatten',
      'Rockpool, Xylo does not read IF',
      '36 input channels, and Xylo has 16',
    ])
  })

  it('count a pooling whose sums neurons take, and every way through poolings', async () => {
    const fire = () => integrateAndFire({ reset: { to: 0 } })
    const net = sequential(
      input([1, 6, 6]),
      conv2d(1, 2, 3, { padding: 1 }),
      fire(),
      // windows that overlap: an element inside is in 4 of them
      avgPool2d(3, { stride: 2 }),
      fire(),
      flatten(),
      linear(8, 5),
      fire(),
    )
    const { layers, neurons, synapses, chips } = resources(await toNir(net))
    expect(layers.map(({ layer, ...own }) => own)).toEqual([
      { neurons: 72, synapses: 512, parameters: 18, fanIn: 9, fanOut: 4 },
      { neurons: 8, synapses: 8 * 9, parameters: 0, fanIn: 9, fanOut: 5 },
      { neurons: 5, synapses: 40, parameters: 40, fanIn: 8, fanOut: 0 },
    ])
    expect([neurons, synapses]).toEqual([85, 512 + 72 + 40])
    expect(chips[0]).toMatchObject({ chip: 'Speck / DynapCNN', fits: false })
    expect(chips[0]!.problems).toMatchObject([
      { layer: layers[1]!.layer, what: expect.stringContaining('right behind a pooling') as string },
    ])
    // the same windows before weights: 4 ways, each to all 5
    const pooled = sequential(
      input([1, 6, 6]),
      conv2d(1, 2, 3, { padding: 1 }),
      fire(),
      avgPool2d(3, { stride: 2 }),
      flatten(),
      linear(8, 5),
    )
    const through = resources(await toNir(pooled))
    expect(through.layers.map(({ fanOut }) => fanOut)).toEqual([20, 0])
    expect(through.chips[0]).toMatchObject({ fits: true, problems: [] })
  })

  it('fit on no chip whose tool refuses a node', async () => {
    const leaky = sequential(input([4]), linear(4, 4), lif({ reset: { to: 0 } }), linear(4, 2))
    const { chips } = resources(await toNir(leaky))
    expect(chips.map(({ fits }) => fits)).toEqual([false, false])
    expect(chips[0]!.problems).toMatchObject([{ what: 'Speck does not read LIF' }])
  })

  it('count neurons once that several weights lead to', () => {
    const one = nirArray(Float32Array.of(1))
    const neuron = {
      type: 'CubaLIF',
      tau_syn: one,
      tau_mem: one,
      r: one,
      v_leak: nirArray(Float32Array.of(0)),
      v_threshold: one,
      v_reset: nirArray(Float32Array.of(0)),
      w_in: one,
    } as const
    const weight = {
      type: 'Affine',
      weight: nirArray(Float32Array.of(1), [1, 1]),
      bias: nirArray(Float32Array.of(0)),
    } as const
    const graph: NirGraph = {
      type: 'NIRGraph',
      nodes: {
        input: { type: 'Input', shape: [1] },
        weight,
        neuron,
        back: weight,
        output: { type: 'Output', shape: [1] },
      },
      edges: [
        ['input', 'weight'],
        ['weight', 'neuron'],
        ['neuron', 'back'],
        ['back', 'neuron'],
        ['neuron', 'output'],
      ],
    }
    const { layers, neurons, chips } = resources(graph)
    expect([neurons, ...layers.map((own) => own.fanOut)]).toEqual([1, 1, 1])
    expect(chips[1]).toMatchObject({ chip: 'Xylo Audio 2', fits: true })
  })
})

describe('cores of Speck', () => {
  const layer = (name: string, kernel: SpeckLayer['kernel'], neurons: SpeckLayer['neurons']): SpeckLayer => ({
    layer: name,
    kernel,
    neurons,
    biases: 0,
  })

  it('are found for each layer wherever there is a way to', () => {
    const sizes = fc.record({
      out: fc.constantFrom(4, 16, 32, 64),
      into: fc.constantFrom(4, 16, 32),
      side: fc.constantFrom(1, 3, 5),
      neurons: fc.constantFrom(4, 16, 24, 32),
    })
    fc.assert(
      fc.property(fc.array(sizes, { minLength: 1, maxLength: 6 }), (all) => {
        const layers = all.map(({ out, into, side, neurons }, i) =>
          layer(`l${i}`, [out, into, side, side], [out, neurons, neurons]),
        )
        const holds = ({ kernel: [out, into, h, w], neurons: [c, height, width] }: SpeckLayer, core: number): boolean =>
          into * 2 ** (Math.ceil(Math.log2(h * w)) + Math.ceil(Math.log2(out))) <= speckCores.kernel[core]! &&
          c * 2 ** (Math.ceil(Math.log2(height)) + Math.ceil(Math.log2(width))) <= speckCores.neuron[core]!
        // every way to give them cores, one after the other
        const possible = (i: number, free: readonly number[]): boolean =>
          i === layers.length ||
          free.some(
            (core) =>
              holds(layers[i]!, core) &&
              possible(
                i + 1,
                free.filter((other) => other !== core),
              ),
          )
        const { fits, places, problems } = onSpeck(layers)
        expect(fits).toBe(possible(0, [0, 1, 2, 3, 4, 5, 6, 7, 8]))
        expect(problems.length > 0).toBe(!fits)
        const taken = places!.filter((core) => core >= 0)
        expect(new Set(taken).size).toBe(taken.length)
        places!.forEach((core, i) => expect(core < 0 || holds(layers[i]!, core)).toBe(true))
      }),
      { numRuns: 200, seed: 2 },
    )
  })

  it('say what they lack', () => {
    const whats = (...layers: readonly SpeckLayer[]): readonly string[] =>
      onSpeck(layers).problems.map(({ what }) => what)
    expect(whats(layer('fc', [300, 300, 1, 1], [300, 1, 1]))).toEqual([
      '153600 words of kernels and 300 of neurons, which no core of Speck holds together',
    ])
    expect(whats(...[1, 2, 3].map((i) => layer(`${i}`, [64, 64, 3, 3], [64, 4, 4])))).toEqual([
      '65536 words of kernels and 1024 of neurons, which no core of Speck that is left holds',
    ])
    expect(whats({ ...layer('wide', [4, 1, 28, 28], [4, 1, 1]), biases: 2000 })).toEqual([
      'a kernel of 28 x 28, and a core of Speck takes 16 x 16',
      '2000 biases, and a core of Speck holds 1024',
    ])
    expect(whats(...Array.from({ length: 10 }, (_, i) => layer(`${i}`, [1, 1, 1, 1], [1, 1, 1])))).toEqual([
      '10 layers with weights, and Speck has 9 cores',
    ])
  })
})
