import { isLearnable, isVariable, learnable, type Learnable, type ParameterValue, type Per } from '@snn/surrogate'
import {
  formatShape,
  scalar,
  SnnError,
  variable,
  type DType,
  type Shape,
  type Tensor,
  type Variable,
} from '@snn/tensor'
import { allocate } from '@snn/tensor/library'

/** The parameters of one layer: where their values come from, and the Variables among them. */
export interface LayerParameters {
  /** Array-valued and learnable parameters. Those per channel or neuron appear when the first input has been seen. */
  readonly variables: Record<string, Variable>
  readonly trainable: readonly string[]
  /** All of them as tensors of `dtype` that broadcast to `shape` [N, C, ..], the input of one step. */
  valuesFor(shape: Shape, dtype: DType): Readonly<Record<string, Tensor>>
}

export function layerParameters(kind: string, values: ReadonlyMap<string, ParameterValue>): LayerParameters {
  const variables: Record<string, Variable> = {}
  for (const [name, value] of values) {
    if (isVariable(value)) variables[name] = value
    else if (isLearnable(value) && value.per === 'layer')
      variables[name] = materialize(value, `${kind}.${name}`, [], 'float32')
  }
  return {
    variables,
    trainable: [...values.keys()].filter((name) => isLearnable(values.get(name)!)),
    valuesFor: (shape, dtype) =>
      Object.fromEntries(
        [...values].map(([name, value]) => {
          const ready = isLearnable(value)
            ? (variables[name] ??= materialize(value, `${kind}.${name}`, shape, dtype))
            : value
          return [name, parameterTensor(ready, `${kind}.${name}`, shape, dtype)]
        }),
      ),
  }
}

/** What of parameters is not an array, as JSON. */
export function describeParameters(values: ReadonlyMap<string, ParameterValue>): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [name, value] of values) {
    if (typeof value === 'number') plain[name] = value
    else if (isLearnable(value)) plain[name] = { learnable: value.learnable, per: value.per }
  }
  return plain
}

/**
 * Options and Variables of parameters from their description; `learned` has those whose Variables take the place of
 * fresh ones.
 */
export interface RestoredParameters {
  readonly options: Readonly<Record<string, ParameterValue>>
  readonly learned: Readonly<Record<string, Variable>>
}

/**
 * The parameters by these names again, from what `describeParameters` says of them and their Variables.
 *
 * @throws `ARGUMENT` for one without a value
 */
export function restoreParameters(
  kind: string,
  names: readonly string[],
  config: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, Variable>>,
): RestoredParameters {
  const options: Record<string, ParameterValue> = {}
  const learned: Record<string, Variable> = {}
  for (const name of names) {
    const value = variables[name]
    const first = config[name] as number | { readonly learnable: number; readonly per: Per } | undefined
    if (typeof first === 'object') {
      options[name] = learnable(first.learnable, { per: first.per })
      if (value) learned[name] = value
    } else if (value) options[name] = value
    else if (first !== undefined) options[name] = first
    else
      throw new SnnError(
        'ARGUMENT',
        `[createNeuron] ${kind} without a value for '${name}', expected a number or a Variable. Give it as one of these where the layer is made.`,
        { name, value: first },
      )
  }
  return { options, learned }
}

/** The Variable behind a learnable parameter of a layer whose input at one step has `shape` [N, C, ..]. */
function materialize({ learnable: initial, per }: Learnable, name: string, shape: Shape, dtype: DType): Variable {
  if (per !== 'layer' && shape.length < 2) {
    throw new SnnError(
      'SHAPE',
      `[${name}] learnable per ${per} with an input of shape ${formatShape(shape)}, expected [N, C, ..]. Use per: 'layer'.`,
      { shapes: [shape] },
    )
  }
  const own = per === 'layer' ? [] : per === 'channel' ? [shape[1]!, ...shape.slice(2).map(() => 1)] : shape.slice(1)
  const data = allocate(
    dtype,
    own.reduce((a, b) => a * b, 1),
  ).fill(initial)
  return variable({ data, shape: own, dtype }, { name })
}

/**
 * A parameter or initial value as a tensor of `dtype` that broadcasts to `shape` [N, C, ..]; arrays broadcast against
 * it.
 */
export function parameterTensor(value: number | Tensor | Variable, name: string, shape: Shape, dtype: DType): Tensor {
  if (typeof value === 'number') return scalar(value, dtype)
  const own = value.shape
  if (own.length > shape.length || own.some((n, i) => n !== 1 && n !== shape[shape.length - own.length + i])) {
    throw new SnnError(
      'SHAPE',
      `[${name}] value of shape ${formatShape(own)} for neurons of shape ${formatShape(shape)}, expected one that broadcasts to it. Give values per channel the shape [C, 1, ..].`,
      { shapes: [own, shape] },
    )
  }
  return (isVariable(value) ? value.read() : value).cast(dtype)
}
