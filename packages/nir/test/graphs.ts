import fc from 'fast-check'
import {
  nirArray,
  type NirArray,
  type NirGraph,
  type NirMetadata,
  type NirNode,
  type NirNodeType,
} from '../src/index.js'

const number = fc.oneof(fc.constantFrom(0, -0, 1, Infinity, 1e-45, 0.1), fc.double({ noNaN: true, min: -10, max: 10 }))

/** Numbers of this shape, in single or double precision. */
export function arrays(shape: readonly number[], value: fc.Arbitrary<number> = number): fc.Arbitrary<NirArray> {
  const size = shape.reduce((a, b) => a * b, 1)
  return fc
    .tuple(fc.array(value, { minLength: size, maxLength: size }), fc.boolean())
    .map(([data, single]) => nirArray(single ? Float32Array.from(data) : data, shape))
}

const name = fc.oneof(
  fc.constantFrom('lif', 'a.b', '0', 'ä ö', '__proto__', 'constructor', 'input'),
  fc.string({ minLength: 1, maxLength: 5 }).filter((text) => !/[/\0]/.test(text) && !/^\.+$/.test(text)),
)

const metadata: fc.Arbitrary<{ readonly metadata?: NirMetadata }> = fc
  .option(
    fc.letrec<{ value: NirMetadata[string]; all: NirMetadata }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('text', '', true, false, 7, -3, 0.5),
        arrays([2]),
        fc.array(fc.constantFrom('x', 'yy'), { minLength: 1, maxLength: 3 }),
        tie('all'),
      ),
      all: fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3 }),
    })).all,
    { nil: undefined },
  )
  .map((value) => (value ? { metadata: value } : {}))

const tau = fc.double({ min: 1e-4, max: 10, noNaN: true })
const pair = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }))
const size = fc.oneof(fc.integer({ min: 1, max: 3 }), pair)

/** Any node of each type but the graph, each by itself a right one. */
export const anyNode: { readonly [T in Exclude<NirNodeType, 'NIRGraph'>]: fc.Arbitrary<NirNode> } = {
  Input: node('Input', { shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }) }),
  Output: node('Output', { shape: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }) }),
  Affine: node('Affine', { weight: arrays([3, 2]), bias: arrays([3]) }),
  Linear: node('Linear', { weight: arrays([2, 3, 2]) }),
  Scale: node('Scale', { scale: arrays([3, 1]) }),
  Conv1d: node('Conv1d', {
    input_shape: fc.constant(9),
    weight: arrays([4, 1, 3]),
    stride: fc.constantFrom(1, 2, [2]),
    padding: fc.constantFrom(0, [1], 'valid'),
    dilation: fc.constantFrom(1, 2),
    groups: fc.constantFrom(1, 2),
    bias: arrays([4]),
  }),
  Conv2d: node('Conv2d', {
    input_shape: fc.constant([9, 8]),
    weight: arrays([2, 3, 3, 2]),
    stride: size,
    padding: fc.oneof(fc.constant('valid'), size),
    dilation: fc.constantFrom(1, [1, 2]),
    groups: fc.constantFrom(1, 2),
    bias: arrays([2]),
  }),
  SumPool2d: node('SumPool2d', { kernel_size: size, stride: size, padding: fc.constantFrom(0, [0, 1]) }),
  AvgPool2d: node('AvgPool2d', { kernel_size: size, stride: size, padding: fc.constantFrom(0, [0, 1]) }),
  Flatten: node('Flatten', {
    input_type: fc.constantFrom(null, [2, 3, 4]),
    start_dim: fc.constantFrom(0, 1),
    end_dim: fc.constantFrom(-1, 1, 2),
  }),
  Delay: node('Delay', { delay: arrays([3], tau) }),
  Threshold: node('Threshold', { threshold: arrays([2, 2]) }),
  I: node('I', { r: arrays([]) }),
  IF: node('IF', { r: arrays([3]), v_threshold: arrays([3]), v_reset: arrays([3]) }),
  LI: node('LI', { tau: arrays([3], tau), r: arrays([3]), v_leak: arrays([3]) }),
  LIF: node('LIF', {
    tau: arrays([2, 2], tau),
    r: arrays([2, 2]),
    v_leak: arrays([2, 2]),
    v_threshold: arrays([2, 2]),
    v_reset: arrays([2, 2]),
  }),
  CubaLI: node('CubaLI', {
    tau_syn: arrays([3], tau),
    tau_mem: arrays([3], tau),
    r: arrays([3]),
    v_leak: arrays([3]),
    w_in: arrays([3]),
  }),
  CubaLIF: node('CubaLIF', {
    tau_syn: arrays([3], tau),
    tau_mem: arrays([3], tau),
    r: arrays([3]),
    v_leak: arrays([3]),
    v_threshold: arrays([3]),
    v_reset: arrays([3]),
    w_in: arrays([3]),
  }),
}

function node(type: string, fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<NirNode> {
  return fc.tuple(fc.record(fields), metadata).map(([own, more]) => ({ type, ...own, ...more }) as unknown as NirNode)
}

/** Graphs of any nodes and edges, one inside of another: for files, not to be run. */
export const anyGraph: fc.Arbitrary<NirGraph> = fc.letrec<{ graph: NirGraph }>((tie) => ({
  graph: fc
    .tuple(
      fc.dictionary(name, fc.oneof({ depthSize: 'small', maxDepth: 2 }, ...Object.values(anyNode), tie('graph')), {
        maxKeys: 4,
      }),
      metadata,
      fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 }),
    )
    .map(([nodes, more, ends]) => {
      const names = Object.keys(nodes)
      const edges =
        names.length === 0 ? [] : ends.map(([a, b]) => [names[a % names.length]!, names[b % names.length]!] as const)
      return { type: 'NIRGraph' as const, nodes, edges, ...more }
    }),
})).graph
