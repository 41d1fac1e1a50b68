import { integrateAndFire, learnable, lif, parametricLif, psn, synaptic } from '@snn/neuron'
import { compile, isSnnError, reference, type SnnError, type Tensor, type TensorLike } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import golden from '../test/golden/torch-state.json' with { type: 'json' }
import {
  batchNorm1d,
  batchNorm2d,
  conv2d,
  dropout,
  flatten,
  input,
  layerNorm,
  linear,
  loadTorchState,
  readSafetensors,
  sequential,
  stateDict,
  type Network,
} from './index.js'

const bytes = ({ base64 }: { readonly base64: string }): Uint8Array =>
  Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
const numbers = ({
  shape,
  data,
}: {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}): TensorLike => ({ shape, data: Float32Array.from(data) })

const spikingjelly = (): Network =>
  sequential(
    input([2, 6, 6]),
    conv2d(2, 4, 3, { padding: 1, bias: false }),
    batchNorm2d(4),
    parametricLif(),
    conv2d(4, 4, 3),
    batchNorm2d(4),
    parametricLif({ initialTau: 3 }),
    flatten(),
    linear(64, 16),
    integrateAndFire(),
    linear(16, 16),
    integrateAndFire(),
    linear(16, 16),
    integrateAndFire(),
    linear(16, 16),
    integrateAndFire(),
    linear(16, 16),
    integrateAndFire(),
    linear(16, 3),
  )
const snntorch = (): Network =>
  sequential(
    input([5]),
    linear(5, 7),
    synaptic({ alpha: 0, beta: 0.9, threshold: 0.3 }),
    linear(7, 3),
    synaptic({ alpha: 0.7, beta: learnable(0.5), threshold: 0.5 }),
  )

async function expectSame(
  net: Network,
  { x, y }: { readonly x: Parameters<typeof numbers>[0]; readonly y: Parameters<typeof numbers>[0] },
): Promise<void> {
  const outputs = await compile((xs: Tensor) => net.forward(xs), { backend: reference() })(numbers(x))
  expect(outputs.shape).toEqual(y.shape)
  outputs.data.forEach((value, i) => expect(Math.abs(value - y.data[i]!)).toBeLessThan(1e-5))
  expect(new Set(y.data).size).toBeGreaterThan(1)
}

function failure<C extends 'STATE_DICT' | 'ARGUMENT'>(code: C, run: () => unknown): SnnError<C> {
  try {
    run()
  } catch (error) {
    if (isSnnError(error, code)) return error
    throw error
  }
  throw new Error('no error')
}

describe('loadTorchState', () => {
  it('a state dict of SpikingJelly gives the outputs of SpikingJelly, though the file has lost the order of modules', async () => {
    const net = spikingjelly()
    const { tensors, notes } = readSafetensors(bytes(golden.spikingjelly))
    expect(notes).toEqual(['1.num_batches_tracked, 4.num_batches_tracked: I64 read as int32'])
    expect(Object.keys(tensors)).not.toEqual(golden.spikingjelly.names)
    const { modules, missing, unexpected } = loadTorchState(net, tensors)
    expect([missing, unexpected]).toEqual([[], []])
    expect(modules).toMatchObject({
      0: 'conv1',
      1: 'batchNorm1',
      2: 'parametricLif1',
      5: 'parametricLif2',
      7: 'linear1',
      9: 'linear2',
      11: 'linear3',
      15: 'linear5',
      17: 'linear6',
    })
    await expectSame(net, golden.spikingjelly)
  })

  it('and one of snnTorch those of snnTorch', async () => {
    const net = snntorch()
    expect(loadTorchState(net, readSafetensors(bytes(golden.snntorch)).tensors).modules).toEqual({
      fc1: 'linear1',
      lif1: 'synaptic1',
      fc2: 'linear2',
      lif2: 'synaptic2',
    })
    expect(Number((await stateDict(net))['synaptic2.beta']!.data[0])).toBeCloseTo(0.8, 6)
    await expectSame(net, golden.snntorch)
  })

  it('says what has no match on both sides, and which values differ; nothing is set', async () => {
    const { tensors } = readSafetensors(bytes(golden.snntorch))
    const net = sequential(
      input([5]),
      linear(5, 8),
      lif(),
      linear(7, 3),
      synaptic({ alpha: 0.7, beta: learnable(0.5), threshold: 0.5 }),
    )
    const before = JSON.stringify(await stateDict(net))
    const { details, message } = failure('STATE_DICT', () => loadTorchState(net, tensors))
    expect(details).toEqual({
      missing: ['linear1.weight', 'linear1.bias', 'synaptic1.beta'],
      unexpected: expect.arrayContaining(['fc1.weight', 'fc1.bias', 'lif1.beta', 'lif2.alpha']) as unknown,
      mismatched: [],
    })
    expect(message).toContain('synaptic({ alpha: 0, beta })')
    expect(JSON.stringify(await stateDict(net))).toBe(before)
    expect(loadTorchState(net, tensors, { strict: false })).toMatchObject({
      missing: ['linear1.weight', 'linear1.bias', 'synaptic1.beta'],
      modules: { fc2: 'linear2' },
    })
    expect(loadTorchState(net, tensors, { strict: false, names: { lif2: 'synaptic1' } }).modules).toEqual({
      fc2: 'linear2',
      lif2: 'synaptic1',
    })
    const other = sequential(
      input([5]),
      linear(5, 7),
      synaptic({ alpha: 0, beta: 0.95, threshold: 0.3 }),
      linear(7, 3),
      synaptic({ alpha: 0.7, beta: learnable(0.5), threshold: 0.5 }),
    )
    expect(failure('STATE_DICT', () => loadTorchState(other, tensors)).details.mismatched).toEqual([
      expect.objectContaining({ name: 'synaptic1.beta', expected: '0.95' }),
    ])
    expect(
      failure('STATE_DICT', () =>
        loadTorchState(snntorch(), {
          ...tensors,
          'lif1.graded_spikes_factor': { data: Float32Array.of(2), shape: [] },
        }),
      ).message,
    ).toContain('lif1.graded_spikes_factor = 2')
  })

  it('does not guess between modules that are alike and not numbered', () => {
    const net = sequential(input([4]), linear(4, 4), lif(), linear(4, 4))
    const of = (value: number) => ({
      weight: { data: new Float32Array(16).fill(value), shape: [4, 4] },
      bias: { data: new Float32Array(4), shape: [4] },
    })
    const named = (names: readonly string[]) =>
      Object.fromEntries(
        names.flatMap((name, i) => Object.entries(of(i)).map(([key, value]) => [`${name}.${key}`, value])),
      )
    const { message } = failure('ARGUMENT', () => loadTorchState(net, named(['readout', 'hidden'])))
    expect(message).toMatch(/hidden, readout .*linear1, linear2.*names/)
    expect(loadTorchState(net, named(['readout', 'hidden']), { names: { hidden: 'linear1' } }).modules).toEqual({
      hidden: 'linear1',
      readout: 'linear2',
    })
    expect(loadTorchState(net, named(['net.10', 'net.9'])).modules).toEqual({ 'net.9': 'linear1', 'net.10': 'linear2' })
    expect(
      failure('ARGUMENT', () => loadTorchState(net, named(['a1', 'a2']), { names: { a3: 'linear1' } })).message,
    ).toContain('a1, a2')
  })

  it('takes any network over, whatever numbers its modules have and in whatever order they come', async () => {
    const layers = [
      () => linear(4, 4),
      () => linear(4, 4, { bias: false }),
      () => batchNorm1d(4),
      () => layerNorm([4]),
      () => parametricLif(),
      () => lif({ threshold: learnable(1, { per: 'channel' }) }),
      () => psn({ T: 3 }),
      () => dropout(0.5),
    ] as const
    const ends: Readonly<Record<string, string>> = { mean: 'running_mean', variance: 'running_var' }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(layers.length - 1), { minLength: 1, maxLength: 12 }),
        fc.nat(20),
        fc.integer(),
        async (kinds, first, seed) => {
          const make = (): Network =>
            sequential(input([4]), ...(kinds.map((kind) => layers[kind]!()) as [ReturnType<typeof linear>]))
          const net = make()
          net.parameters()
          Object.entries(net.variables()).forEach(
            ([, v], i) =>
              v.dtype === 'float32' &&
              v.set({
                data: new Float32Array(v.shape.reduce((a, b) => a * b, 1)).map((_, k) => Math.sin(seed + 7 * i + k)),
                shape: v.shape,
              }),
          )
          const state = await stateDict(net)
          const torch = Object.entries(state)
            .filter(([path]) => !path.endsWith('counter'))
            .map(([path, value]) => {
              const [layer = '', key = ''] = path.split('.')
              return [
                `${first + 2 * net.nodes.findIndex(({ name }) => name === layer)}.${ends[key] ?? key}`,
                value,
              ] as const
            })
          const other = make()
          loadTorchState(other, Object.fromEntries(torch.sort(([a], [b]) => (a < b ? -1 : 1))))
          const loaded = await stateDict(other)
          for (const path of Object.keys(state))
            if (!path.endsWith('counter')) expect(loaded[path]!.data).toEqual(state[path]!.data)
        },
      ),
      { numRuns: 60 },
    )
  })
})

describe('element types of torch in safetensors', () => {
  it.each(['F16', 'BF16', 'F64'] as const)('%s beside I64', (type) => {
    const { base64, values } = golden.types[type]
    const { tensors, notes } = readSafetensors(bytes({ base64 }))
    for (const [name, expected] of Object.entries(values)) expect([...tensors[name]!.data]).toEqual(expected)
    expect(tensors['0.weight']!.dtype).toBe(type === 'F64' ? 'float64' : 'float32')
    expect(tensors['1.num_batches_tracked']).toMatchObject({ dtype: 'int32', shape: [] })
    expect(notes.join()).toContain('I64 read as int32')
    const net = sequential(input([5]), linear(5, 3), batchNorm1d(3))
    expect(loadTorchState(net, tensors).missing).toEqual([])
  })

  it('the ends of their ranges are read exactly; what int32 or nothing here can hold is a typed error', () => {
    const { base64, values } = golden.types.extremes
    const { tensors } = readSafetensors(bytes({ base64 }))
    for (const [name, expected] of Object.entries(values))
      expect([...tensors[name]!.data].map((value) => (Object.is(value, -0) ? '-0.0' : value))).toEqual(
        expected.map((text) =>
          text === '-0.0' ? text : text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text),
        ),
      )
    expect(() => readSafetensors(bytes(golden.types['too large']))).toThrow(
      expect.objectContaining({ code: 'DTYPE', message: expect.stringContaining('2147483648') as string }),
    )
    expect(() => readSafetensors(bytes(golden.types.F8))).toThrow(
      expect.objectContaining({ code: 'DTYPE', message: expect.stringContaining('F8_E4M3') as string }),
    )
  })
})
