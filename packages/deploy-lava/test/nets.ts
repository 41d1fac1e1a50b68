import type { NetFile, NetLayer } from '../src/index.js'
import { layerKindText, netScalar, netTensor, neuronKindText, type NetValue } from '../src/net/net-value.js'

/** Neurons as lava-dl writes them. */
export function cuba(
  parameters: { readonly iDecay?: number; readonly vDecay?: number; readonly vThMant?: number } = {},
): Record<string, NetValue> {
  const { iDecay = 4096, vDecay = 4096, vThMant = 10 } = parameters
  return {
    'neuron/type': neuronKindText('CUBA'),
    'neuron/iDecay': netScalar(iDecay),
    'neuron/vDecay': netScalar(vDecay),
    'neuron/vThMant': netScalar(vThMant),
    'neuron/refDelay': netScalar(1),
    'neuron/gradedSpike': netScalar(0, 'bool'),
  }
}

export function layer(
  kind: string,
  shape: readonly number[],
  values: Readonly<Record<string, NetValue>> = {},
): NetLayer {
  return { kind, values: { type: layerKindText(kind), shape: netTensor('int64', shape), ...values } }
}

export function dense(
  count: number,
  weights: readonly number[],
  more: Readonly<Record<string, NetValue>> = cuba(),
): NetLayer {
  return layer('dense', [count], {
    inFeatures: netScalar(weights.length / count),
    outFeatures: netScalar(count),
    weight: netTensor('float32', weights, [count, weights.length / count]),
    ...more,
  })
}

export function conv(
  input: number,
  shape: readonly [number, number, number],
  weights: readonly number[],
  kernel: readonly [number, number],
  more: Readonly<Record<string, NetValue>> = cuba(),
): NetLayer {
  const both = (n: number): NetValue => netTensor('int64', [n, n])
  return layer('conv', shape, {
    inChannels: netScalar(input),
    outChannels: netScalar(shape[0]),
    kernelSize: netTensor('int64', kernel),
    stride: both(1),
    padding: both(0),
    dilation: both(1),
    groups: netScalar(1),
    weight: netTensor('float32', weights, [shape[0], input, ...kernel]),
    ...more,
  })
}

export const net = (...layers: readonly NetLayer[]): NetFile => ({ layers, other: {} })

/** One of everything. */
export const everything = (): NetFile => ({
  ...net(
    layer('input', [1, 3, 3], {
      ...cuba({ vThMant: 3 }),
      weight: netTensor('float32', [36], []),
      bias: netTensor('float64', [4]),
    }),
    conv(1, [2, 2, 2], [2, 4, -6, 8, 10, -12, 14, 16], [2, 2], { ...cuba(), bias: netTensor('float32', [1, -2]) }),
    layer('flatten', [8]),
    dense(
      3,
      Array.from({ length: 24 }, (_, i) => 2 * (i - 11)),
      { ...cuba({ iDecay: 1000 }), delay: netTensor('float32', [0, 1, 2]) },
    ),
    layer('dense_rec', [2], {
      weight: netTensor('float32', [2, 4, 6, 8, 10, 12], [2, 3]),
      weight_rec: netTensor('float32', [-2, 4, 6, -8], [2, 2]),
      ...cuba(),
    }),
    layer('dense', [2, 1, 1], {
      'weight/real': netTensor('float32', [1, 2, 3, 4], [2, 2]),
      'weight/imag': netTensor('float32', [4, 3, 2, 1], [2, 2]),
      'neuron/type': neuronKindText('RF_PHASE'),
      'neuron/sinDecay': netScalar(2643),
      'neuron/cosDecay': netScalar(1845),
      'neuron/vThMant': netScalar(4),
    }),
    dense(1, [3, 5], {
      'neuron/type': { dtype: 'S10', shape: [1], text: ['SDNN'] },
      'neuron/vThMant': netTensor('float32', [0.5], []),
      'neuron/activation': neuronKindText('relu'),
    }),
  ),
  other: { 'simulation/Ts': netScalar(1), 'simulation/tSample': netScalar(16) },
})
