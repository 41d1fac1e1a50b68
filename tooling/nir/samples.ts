import { nirArray, toEvents, type NirGraph, type NirGraphData, type NirNode, type TimeGriddedData } from '@snn/nir'

const ramp = (shape: readonly number[], from = 0.1, single = true) => {
  const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => from + i / 16)
  return nirArray(single ? Float32Array.from(data) : data, shape)
}

/** The nodes one after the other between an input and an output of these shapes. */
function chain(
  input: readonly number[],
  output: readonly number[],
  nodes: Readonly<Record<string, NirNode>>,
  more: Partial<NirGraph> = {},
): NirGraph {
  const names = ['input', ...Object.keys(nodes), 'output']
  return {
    type: 'NIRGraph',
    nodes: { input: { type: 'Input', shape: input }, ...nodes, output: { type: 'Output', shape: output } },
    edges: names.slice(1).map((name, i) => [names[i]!, name] as const),
    ...more,
  }
}

const n = [3]
const leak = { tau: ramp(n), r: ramp(n), v_leak: ramp(n) }
const fire = { v_threshold: ramp(n), v_reset: ramp(n, 0) }
const cuba = {
  tau_syn: ramp(n, 0.1, false),
  tau_mem: ramp(n, 0.1, false),
  r: ramp(n, 0.1, false),
  v_leak: ramp(n, 0.1, false),
  w_in: ramp(n, 0.1, false),
}

const neurons: Readonly<Record<string, NirNode>> = {
  affine: { type: 'Affine', weight: ramp([3, 3]), bias: ramp(n) },
  linear: { type: 'Linear', weight: ramp([3, 3]) },
  scale: { type: 'Scale', scale: ramp(n) },
  delay: { type: 'Delay', delay: ramp(n) },
  threshold: { type: 'Threshold', threshold: ramp(n) },
  integrator: { type: 'I', r: ramp(n) },
  if: { type: 'IF', r: ramp(n), ...fire },
  li: { type: 'LI', ...leak },
  lif: { type: 'LIF', ...leak, ...fire, metadata: { tool: '@snn', layers: ['a', 'b'], nested: { half: 0.5, one: 1 } } },
  cubaLi: { type: 'CubaLI', ...cuba },
  cubaLif: { type: 'CubaLIF', ...cuba, v_threshold: ramp(n, 0.1, false), v_reset: ramp(n, 0, false) },
}

const recurrent = chain(n, n, { lif: neurons['lif']!, back: neurons['linear']! })

/** Graphs with every type of node between them, with a circle, and with a graph inside of another. */
export const sampleGraphs: Readonly<Record<string, NirGraph>> = {
  neurons: chain(n, n, neurons, { metadata: { seed: 7 } }),
  images: chain([2, 9, 9], [8], {
    conv: {
      type: 'Conv2d',
      input_shape: null,
      weight: ramp([4, 2, 3, 3]),
      stride: [1, 1],
      padding: [1, 1],
      dilation: [1, 1],
      groups: 1,
      bias: ramp([4]),
    },
    sum: { type: 'SumPool2d', kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] },
    same: {
      type: 'Conv2d',
      input_shape: null,
      weight: ramp([2, 4, 3, 3]),
      stride: 1,
      padding: 'same',
      dilation: 1,
      groups: 1,
      bias: ramp([2]),
    },
    average: { type: 'AvgPool2d', kernel_size: [2, 2], stride: [2, 2], padding: [0, 0] },
    flatten: { type: 'Flatten', input_type: null, start_dim: 0, end_dim: -1 },
  }),
  sequences: chain([2, 9], [4, 4], {
    conv: {
      type: 'Conv1d',
      input_shape: null,
      weight: ramp([4, 2, 3]),
      stride: 2,
      padding: 0,
      dilation: 1,
      groups: 1,
      bias: ramp([4]),
    },
  }),
  circle: {
    ...recurrent,
    edges: [
      ['input', 'lif'],
      ['lif', 'back'],
      ['back', 'lif'],
      ['lif', 'output'],
    ],
  },
  nested: chain(n, n, { outer: chain(n, n, { lif: neurons['lif']! }) }),
  large: chain([40_000], [2], { linear: { type: 'Linear', weight: ramp([2, 40_000]) } }),
}

const spikes: TimeGriddedData = {
  type: 'TimeGriddedData',
  shape: [2, 5, 3],
  data: Float32Array.from({ length: 30 }, (_, i) => Number(i % 4 === 0)),
  binary: true,
  dt: 1e-3,
}
const events = toEvents(spikes)

/** Recorded data with every kind of observable. */
export const sampleData: NirGraphData = {
  type: 'NIRGraphData',
  nodes: {
    lif: {
      type: 'NIRNodeData',
      observables: {
        spikes,
        membrane: { ...spikes, data: spikes.data.map((value) => value / 3), binary: false },
        events,
        valued: { ...events, type: 'ValuedEventData', value: events.idx },
      },
    },
  },
}
