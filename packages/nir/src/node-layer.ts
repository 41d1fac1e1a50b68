import type { Surrogate } from '@snn/surrogate'
import { sameShape, variable, type Variable } from '@snn/tensor'
import {
  addLayer,
  averagePoolLayer,
  constantLayer,
  convLayer,
  delayLayer,
  flattenLayer,
  linearLayer,
  reshapeLayer,
  type Layer,
} from '@snn/nn'
import { uniform, type NirArray } from './array.js'
import { paddingPerAxis, perAxis } from './axes.js'
import { discretisations, type DiscretisationName } from './discretisations.js'
import type { FlatNode } from './flat-graph.js'
import type { NirConv1d, NirConv2d, NirNodeOf } from './graph.js'
import { batchedLinearLayer, elementwiseDelayLayer, sumPoolLayer } from './layers.js'
import { models } from './neurons.js'
import type { NodeShapes } from './shapes.js'

/** How time and training are to be in the network. */
export interface Time {
  readonly dt: number
  readonly as: DiscretisationName
  readonly surrogate?: Surrogate | undefined
  readonly roundDelays: boolean
}

/** The layers of a node, one after the other: none where it does nothing; or why there are none. */
export type NodeLayers = readonly Layer[] | { readonly reason: string; readonly fix: string }

type Makers = {
  readonly [T in Exclude<FlatNode['type'], 'Input' | 'Output'>]: (
    node: NirNodeOf<T>,
    shapes: NodeShapes,
    time: Time,
  ) => NodeLayers
}

export function layersOf(
  node: Exclude<FlatNode, { type: 'Input' | 'Output' }>,
  shapes: NodeShapes,
  time: Time,
): NodeLayers {
  return (makers[node.type] as (node: FlatNode, shapes: NodeShapes, time: Time) => NodeLayers)(node, shapes, time)
}

const held = ({ data, shape }: NirArray, name: string): Variable =>
  variable({ data: Float32Array.from(data), shape }, { name })

/** A number where all neurons have one value, else a Variable. */
const parameter = (array: NirArray, name: string): number | Variable => {
  const value = uniform(array)
  return value !== undefined && Number.isFinite(value) ? value : held(array, name)
}

const linear = (node: { readonly weight: NirArray; readonly bias?: NirArray }): Layer[] => {
  const weights = { weight: held(node.weight, 'weight'), ...(node.bias && { bias: held(node.bias, 'bias') }) }
  return [node.weight.shape.length === 2 ? linearLayer({}, weights) : batchedLinearLayer({}, weights)]
}

const convolution = (node: NirConv1d | NirConv2d): Layer[] => {
  const kernel = node.weight.shape.slice(2)
  const dilation = perAxis(node.dilation, kernel.length)!
  const config = {
    stride: perAxis(node.stride, kernel.length)!,
    dilation,
    padding: paddingPerAxis(node.padding, kernel, dilation)!,
    groups: node.groups,
  }
  return [convLayer(config, { weight: held(node.weight, 'weight'), bias: held(node.bias, 'bias') })]
}

const window = (node: NirNodeOf<'SumPool2d'> | NirNodeOf<'AvgPool2d'>) => ({
  kernel: perAxis(node.kernel_size, 2)!,
  stride: perAxis(node.stride, 2)!,
  padding: perAxis(node.padding, 2)!.map((n) => [n, n] as const),
})

const time = ({ dt, as }: Time) => ({ dt, as })
const training = ({ surrogate }: Time) => (surrogate ? { surrogate } : {})
const membrane = (node: NirNodeOf<'LI' | 'LIF'>) => ({
  tau: parameter(node.tau, 'tau'),
  r: parameter(node.r, 'r'),
  vLeak: parameter(node.v_leak, 'vLeak'),
})
const firing = (node: NirNodeOf<'IF' | 'LIF' | 'CubaLIF'>) => ({
  threshold: parameter(node.v_threshold, 'threshold'),
  vReset: parameter(node.v_reset, 'vReset'),
})
const synapse = (node: NirNodeOf<'CubaLI' | 'CubaLIF'>) => ({
  tauSyn: parameter(node.tau_syn, 'tauSyn'),
  tauMem: parameter(node.tau_mem, 'tauMem'),
  r: parameter(node.r, 'r'),
  vLeak: parameter(node.v_leak, 'vLeak'),
  wIn: parameter(node.w_in, 'wIn'),
})

const makers: Makers = {
  Affine: linear,
  Linear: linear,
  Scale: ({ scale }) => [constantLayer({ function: 'mul', swap: false }, { operand: held(scale, 'operand') })],
  Conv1d: convolution,
  Conv2d: convolution,
  SumPool2d: (node) => [sumPoolLayer(window(node))],
  AvgPool2d: (node) => [averagePoolLayer({ ...window(node), countIncludePad: true })],
  Flatten: (_, { input, output }) =>
    sameShape(input, output) ? [] : output.length === 1 ? [flattenLayer({})] : [reshapeLayer({ shape: output })],
  Delay({ delay }, _, { dt, roundDelays }) {
    const steps = Array.from(delay.data, (seconds) => seconds / dt)
    const strange = steps.find((n) => Math.abs(n - Math.round(n)) > 1e-3)
    if (strange !== undefined && !roundDelays)
      return {
        reason: `a delay of ${strange} steps of ${dt} s`,
        fix: 'Choose a dt that divides all delays, or { roundDelays: true }.',
      }
    const whole = Float32Array.from(steps, Math.round)
    const most = Math.max(...whole)
    if (most === 0) return []
    if (whole.every((n) => n === most)) return [delayLayer({ steps: most })]
    return [
      elementwiseDelayLayer({ max: most }, { steps: variable({ data: whole, shape: delay.shape }, { name: 'steps' }) }),
    ]
  },
  Threshold: ({ threshold }, _, own) => [
    models.Threshold({ threshold: parameter(threshold, 'threshold'), ...training(own) }),
  ],
  I: ({ r }, _, own) => [models.I({ r: parameter(r, 'r'), ...time(own) })],
  IF: (node, _, own) => [models.IF({ r: parameter(node.r, 'r'), ...firing(node), ...time(own), ...training(own) })],
  LI: (node, _, own) => [models.LI({ ...membrane(node), ...time(own) })],
  LIF: (node, _, own) => [
    (discretisations[own.as].reset === 'within the step' ? models.exactLIF : models.LIF)({
      ...membrane(node),
      ...firing(node),
      ...time(own),
      ...training(own),
    }),
  ],
  CubaLI: (node, _, own) => [models.CubaLI({ ...synapse(node), ...time(own) })],
  CubaLIF: (node, _, own) => [models.CubaLIF({ ...synapse(node), ...firing(node), ...time(own), ...training(own) })],
}

/** Where several edges meet, and where an output is: the sum of all. */
export const sum = (): Layer => addLayer({})
