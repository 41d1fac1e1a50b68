import {
  formatShape,
  grad,
  sameShape,
  scalar,
  SnnError,
  zerosVariable,
  type DType,
  type Tensor,
  type Variable,
} from '@snn/tensor'
import { asOneOperation, checkMembers, checkObject } from '@snn/tensor/library'
import { checkReach } from './check-reach.js'
import { clipByNorm, clipByValue } from './clip.js'
import type { Schedule } from './schedules.js'

export interface OptimizerOptions {
  /**
   * Learning rate: a number, a Variable that may be set between runs, or a function of the steps done (see `cosine` and
   * others). None of them recompiles.
   */
  readonly lr?: number | Variable | Schedule
  /** Limits gradients before they are used: `norm`, that of all together, or `value`, that of each number. */
  readonly clip?: { readonly norm: number } | { readonly value: number }
  /** Factor of the decay of weights: an L2 penalty added to gradients, in `adamW` a decay of its own. Default 0. */
  readonly weightDecay?: number
}

/** Changes parameters along gradients, inside of a compiled function. */
export interface Optimizer {
  readonly contract: 1
  readonly kind: string
  /** What it trains, by path. */
  readonly parameters: Readonly<Record<string, Variable>>
  /** What it remembers: steps done, averages of gradients. Save them to go on later. */
  readonly variables: Readonly<Record<string, Variable>>
  /**
   * Assigns new values to the parameters, from the gradient of a scalar loss. In a trace. Throws `NOT_TRAINABLE` where
   * that can change nothing.
   */
  step(loss: Tensor): void
  /** The same from gradients by path, of all parameters. */
  apply(gradients: Readonly<Record<string, Tensor>>): void
}

/** What a rule has for its scalars. */
export interface UpdateContext {
  /** Learning rate, a scalar. */
  readonly lr: Tensor
  /** Whether this is the first step, a bool scalar. */
  readonly first: Tensor
}

/** One update of one parameter. */
export interface Update {
  readonly value: Tensor
  /** In the order of `memory`. */
  readonly memory: readonly Tensor[]
}

export interface OptimizerRule {
  /** Names of what is kept for each parameter, zeros at first. */
  readonly memory: readonly string[]
  /** Shared scalars that are kept, zeros at first, with their next value. */
  readonly shared?: Readonly<Record<string, (before: Tensor) => Tensor>>
  update(
    parameter: Tensor,
    gradient: Tensor,
    memory: readonly Tensor[],
    context: UpdateContext,
    shared: Readonly<Record<string, Tensor>>,
  ): Update
}

/** An optimiser from its rule; checks what all have in common. */
export function createOptimizer(
  kind: string,
  parameters: Readonly<Record<string, Variable>>,
  defaultRate: number,
  options: OptimizerOptions,
  rule: OptimizerRule,
): Optimizer {
  checkObject(kind, parameters, 'parameters', 'Variables by path, such as net.parameters()')
  const { lr = defaultRate, clip, weightDecay = 0 } = options
  const paths = Object.keys(parameters)
  if (paths.length === 0)
    throw new SnnError(
      'ARGUMENT',
      `[${kind}] no parameters, expected at least one. Give those of a network: net.parameters().`,
      { name: 'parameters', value: paths },
    )
  if (typeof lr === 'number') checkNumber(kind, 'lr', lr, 0)
  checkNumber(kind, 'weightDecay', weightDecay, 0)
  for (const [path, parameter] of Object.entries(parameters))
    checkMembers(kind, parameter, `parameter '${path}'`, ['assign()', 'read()'], 'a Variable, as of net.parameters()')
  const dtype: DType = parameters[paths[0]!]!.dtype
  const count = zerosVariable([], { name: `${kind}.steps`, dtype: 'int32' })
  const shared = mapObject(rule.shared ?? {}, (_, name) => zerosVariable([], { name: `${kind}.${name}`, dtype }))
  const memory = mapObject(parameters, (parameter, path) =>
    rule.memory.map((name) => zerosVariable(parameter.shape, { name: `${path}.${name}`, dtype: parameter.dtype })),
  )

  function apply(given: Readonly<Record<string, Tensor>>): void {
    checkGradients(kind, parameters, given)
    const gradients =
      clip === undefined ? given : 'norm' in clip ? clipByNorm(given, clip.norm) : clipByValue(given, clip.value)
    const steps = count.read()
    const rate =
      typeof lr === 'number'
        ? scalar(lr, dtype)
        : typeof lr === 'function'
          ? lr(steps.cast(dtype))
          : lr.read().cast(dtype)
    const scalars = mapObject(rule.shared ?? {}, (next, name) => {
      const value = next(shared[name]!.read())
      shared[name]!.assign(value)
      return value
    })
    for (const path of paths) {
      const parameter = parameters[path]!
      const cells = memory[path]!
      const { value, memory: next } = rule.update(
        parameter.read(),
        gradients[path]!,
        cells.map((cell) => cell.read()),
        { lr: rate, first: steps.eq(0) },
        scalars,
      )
      parameter.assign(value)
      cells.forEach((cell, i) => cell.assign(next[i]!))
    }
    count.assign(steps.add(1))
  }

  return {
    contract: 1,
    kind,
    parameters,
    variables: {
      steps: count,
      ...shared,
      ...Object.fromEntries(
        paths.flatMap((path) => rule.memory.map((name, i) => [`${path}.${name}`, memory[path]![i]!])),
      ),
    },
    step: (loss) =>
      asOneOperation(() => {
        checkReach(kind, loss, parameters)
        apply(grad(loss, parameters))
      }),
    apply: (gradients) => asOneOperation(() => apply(gradients)),
  }
}

/** Throws `ARGUMENT` unless `least` <= value, and value < `below` where that is given. */
export function checkNumber(kind: string, name: string, value: number, least: number, below = Infinity): void {
  if (value >= least && value < below) return
  throw new SnnError(
    'ARGUMENT',
    `[${kind}] ${name} ${value}, expected a number of at least ${least}${below === Infinity ? '' : ` and below ${below}`}.`,
    { name, value },
  )
}

function checkGradients(
  kind: string,
  parameters: Readonly<Record<string, Variable>>,
  gradients: Readonly<Record<string, Tensor>>,
): void {
  for (const [path, { shape }] of Object.entries(parameters)) {
    const given = gradients[path]
    if (given && sameShape(given.shape, shape)) continue
    throw new SnnError(
      'SHAPE',
      `[${kind}] gradient of '${path}' ${given ? `has shape ${formatShape(given.shape)}` : 'is missing'}, expected ${formatShape(shape)}. Give grad(loss, optimizer.parameters).`,
      { shapes: given ? [given.shape, shape] : [shape] },
    )
  }
}

function mapObject<V, W>(object: Readonly<Record<string, V>>, map: (value: V, key: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]))
}
