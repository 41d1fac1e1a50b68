import { scalar, SnnError, variable, formatShape, allocate, type DType, type Shape, type Tensor, type Variable } from '@snn/tensor'

/** What a neuron shares a learnable parameter over: the whole layer, each channel (axis 1 of [N, C, ..]), each neuron. */
export type Per = 'layer' | 'channel' | 'neuron'

export interface Learnable {
  readonly contract: 1
  readonly learnable: number
  readonly per: Per
}

/** A parameter that training may change, starting from `initial`. */
export function learnable(initial: number, options: { readonly per?: Per } = {}): Learnable {
  const { per = 'layer' } = options
  if (!Number.isFinite(initial) || !['layer', 'channel', 'neuron'].includes(per)) {
    throw new SnnError('ARGUMENT', `[learnable] initial value ${initial} per ${per}, expected a finite number per 'layer', 'channel' or 'neuron'. Correct it.`, { name: 'learnable', value: { initial, per } })
  }
  return { contract: 1, learnable: initial, per }
}

/** A fixed number, a traced value, a Variable that somebody else owns, or `learnable(..)`. Arrays broadcast against [N, C, ..]. */
export type ParameterValue = number | Tensor | Variable | Learnable

export function isLearnable(value: ParameterValue): value is Learnable {
  return typeof value === 'object' && 'learnable' in value
}

export function isVariable(value: ParameterValue): value is Variable {
  return typeof value === 'object' && 'commit' in value
}

/** The Variable behind a learnable parameter of a layer whose input at one step has `shape` [N, C, ..]. */
export function materialize({ learnable: initial, per }: Learnable, name: string, shape: Shape, dtype: DType): Variable {
  if (per !== 'layer' && shape.length < 2) {
    throw new SnnError('SHAPE', `[${name}] learnable per ${per} with an input of shape ${formatShape(shape)}, expected [N, C, ..]. Use per: 'layer'.`, { shapes: [shape] })
  }
  const own = per === 'layer' ? [] : per === 'channel' ? [shape[1]!, ...shape.slice(2).map(() => 1)] : shape.slice(1)
  const data = allocate(dtype, own.reduce((a, b) => a * b, 1)).fill(initial)
  return variable({ data, shape: own, dtype }, { name })
}

/** A parameter or initial value as a tensor of `dtype` that broadcasts to `shape` [N, C, ..]. */
export function parameterTensor(value: number | Tensor | Variable, name: string, shape: Shape, dtype: DType): Tensor {
  if (typeof value === 'number') return scalar(value, dtype)
  const own = value.shape
  if (own.length > shape.length || own.some((n, i) => n !== 1 && n !== shape[shape.length - own.length + i])) {
    throw new SnnError('SHAPE', `[${name}] value of shape ${formatShape(own)} for neurons of shape ${formatShape(shape)}, expected one that broadcasts to it. Give values per channel the shape [C, 1, ..].`, {
      shapes: [own, shape],
    })
  }
  return (isVariable(value) ? value.read() : value).cast(dtype)
}
