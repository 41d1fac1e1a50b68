import { extendNeuron, type Cell, type NeuronModel } from '@snn/neuron'
import type { Surrogate } from '@snn/surrogate'
import { customGradient, grad, placeholder, scalar, variable, type Shape, type Tensor } from '@snn/tensor'
import { traceFunction } from '@snn/tensor/backend'
import { checkArray, checkObject } from '@snn/tensor/library'
import type { Equation } from './assignments.js'
import { isNumber, isSame, symbol, type Expression, type Role } from './expression.js'
import { graphExpression } from './graph-expression.js'
import { checkModel, parametersOf, type AnyModel } from './neuron-model.js'
import { printExpression } from './print-expression.js'
import { tidy } from './tidy.js'

/**
 * One step of a neuron as equations, or the same step backwards; those of a phase hold at once, in terms of what was
 * there before it.
 */
export interface Phases<E> {
  readonly charge: readonly E[]
  /** Long arguments of the spike function come first, as u or u1, u2, .. */
  readonly fire: readonly E[]
  readonly reset: readonly E[]
}

/** A neuron as equations `E`: `Equation`, which holds formulas, or `Assignment`, which is text. */
export interface NeuronEquations<E> {
  /** The state before the first step. */
  readonly start: readonly E[]
  /** `output` is there where the layer hands on something else than the spike. */
  readonly step: Phases<E> & { readonly output: readonly E[] }
  /** `∂v` is the derivative of the loss with respect to v, that of a parameter summed over steps and neurons. */
  readonly gradient: Phases<E>
  /** Whether the neuron fires by a spike function H. */
  readonly hasSpikeFunction: boolean
}

type Tensors = Readonly<Record<string, Tensor>>

/** The name of the derivative of the loss with respect to a quantity. */
export const derivative = (name: string): string => `∂${name}`

/**
 * The equations of a layer with these options, read from its traced graph: charge, fire and reset are traced one by
 * one, each from values that are given, and differentiated in the same way. Parameters are symbols. Neurons of one
 * element have the plainest formulas; `shape` is for those that see others.
 *
 * @throws `ARGUMENT` for what is no model, and for options that it does not have
 */
export function neuronFormulas(
  model: AnyModel,
  options: Readonly<Record<string, unknown>> = {},
  shape: Shape = [],
): NeuronEquations<Equation> {
  checkModel('neuronFormulas', model)
  checkObject('neuronFormulas', options)
  checkArray('neuronFormulas', shape, 'shape')
  const states = Object.keys(model.spec.state)
  const parameters = parametersOf(model)
  const symbolic = Object.fromEntries(
    parameters.map((name) => [name, variable({ data: Float32Array.of(1), shape: [] }, { name })]),
  )
  const names = new Map<Tensor, Expression>()
  const given = (name: string, role: Role = 'value'): Tensor => {
    const tensor = placeholder(shape)
    names.set(tensor, symbol(name, role))
    return tensor
  }
  const perState = (): Tensors => Object.fromEntries(states.map((state) => [state, given(state)]))
  const givenDerivative = (name: string): Tensor => given(derivative(name), 'derivative')
  const list = (tensors: Tensors): Tensor[] => states.map((name) => tensors[name]!)
  const spikes = new SpikeRecorder()

  const { program, restore } = traceFunction(() => {
    const [x, s, before, between] = [given('x'), given('s'), perState(), perState()]
    let charged: Tensors = {}
    // what follows a phase starts from values of its own
    const firing = changed(model, { charge: (...args) => ((charged = model.spec.charge(...args)), between) })({
      ...options,
      ...symbolic,
      surrogate: spikes.surrogate,
    })
    const resetting = changed(model, { charge: () => between, fire: () => s })({ ...options, ...symbolic })
    const { spike } = firing.step(x, before)
    const { output, state: after } = resetting.step(x, before)

    const dAfter = Object.fromEntries(states.map((state) => [state, givenDerivative(state)]))
    const dSpike = givenDerivative('s')
    const dOutput = output === s ? dSpike : givenDerivative('y')
    const values = parameters.map((name) => symbolic[name]!.read())
    const back = (
      flows: readonly (readonly [value: Tensor, cotangent: Tensor])[],
      wrt: readonly Tensor[],
    ): readonly Tensor[] =>
      grad(
        flows.map(([value, cotangent]) => value.mul(cotangent).sum()).reduce((sum, term) => sum.add(term), scalar(0)),
        [...wrt, ...values],
      )
    const flows = (tensors: Tensors) => states.map((name) => [tensors[name]!, dAfter[name]!] as const)
    return {
      start: list(resetting.initialState(shape, 'float32')),
      charged: list(charged),
      spike,
      after: list(after),
      output,
      fired: spikes.arguments,
      backReset: back([...flows(after), [output, dOutput]], [s, ...list(between)]),
      backFire: back([[spike, dSpike]], list(between)),
      backCharge: back(flows(charged), [x, ...list(before)]),
    }
  }, [])

  const traced = restore(program.results) as Readonly<
    Record<'start' | 'charged' | 'after' | 'fired' | 'backReset' | 'backFire' | 'backCharge', readonly Tensor[]>
  > &
    Readonly<Record<'spike' | 'output', Tensor>>
  const spiking = spikes.name(names, traced.fired)
  const formula = graphExpression(names)
  const changes = (tensors: readonly Tensor[]): Equation[] =>
    states.flatMap((state, i) => changeOf(state, formula(tensors[i]!)))
  /** Derivatives of what a phase is given, then of the parameters that it uses. */
  const backwards = (
    tensors: readonly Tensor[],
    own: (of: readonly Expression[]) => readonly Equation[],
  ): Equation[] => {
    const formulas = tensors.map(formula)
    const used = parameters.flatMap((name, i) => {
      const value = formulas[formulas.length - parameters.length + i]!
      return isNumber(value, 0) ? [] : [{ name: derivative(name), relation: '+=', value } as const]
    })
    return [...own(formulas), ...used]
  }
  const changesOf = (formulas: readonly Expression[]): Equation[] =>
    states.flatMap((state, i) => changeOf(derivative(state), formulas[i]!))
  return {
    start: states.map((name, i) => ({ name, relation: '=', value: formula(traced.start[i]!) })),
    step: {
      charge: changes(traced.charged),
      fire: [...spiking, { name: 's', relation: '=', value: formula(traced.spike) }],
      reset: changes(traced.after),
      output: isSame(formula(traced.output), symbol('s'))
        ? []
        : [{ name: 'y', relation: '=', value: formula(traced.output) }],
    },
    gradient: {
      reset: backwards(traced.backReset, ([dSpike, ...rest]) => [
        ...changeOf(derivative('s'), dSpike!),
        ...changesOf(rest),
      ]),
      fire: backwards(traced.backFire, (of) =>
        states.flatMap((state, i) =>
          changeOf(derivative(state), tidy('add', [symbol(derivative(state), 'derivative'), of[i]!])),
        ),
      ),
      charge: backwards(traced.backCharge, ([dx, ...rest]) => [
        { name: derivative('x'), relation: '=', value: dx! },
        ...changesOf(rest),
      ]),
    },
    hasSpikeFunction: spikes.arguments.length > 0,
  }
}

/** A change of `name`, unless it stays what it is. */
function changeOf(name: string, value: Expression): Equation[] {
  return isSame(value, symbol(name)) ? [] : [{ name, relation: '←', value }]
}

/** The model with other functions; what they are given is left open. */
function changed(
  model: AnyModel,
  functions: {
    readonly charge: (...args: Parameters<AnyModel['spec']['charge']>) => Tensors
    readonly fire?: () => Tensor
  },
): (options: object) => Cell {
  return extendNeuron(model.kind, model as unknown as NeuronModel<string, string>, functions) as (
    options: object,
  ) => Cell
}

/** Stands in for a surrogate and keeps what it is asked: spikes are the symbols H(u), their derivatives g(u). */
class SpikeRecorder {
  readonly arguments: Tensor[] = []
  readonly #symbols: { readonly H: Tensor; readonly g: Tensor }[] = []
  readonly surrogate: Surrogate = {
    contract: 1,
    name: 'H',
    parameters: {},
    smooth: false,
    variables: {},
    trainable: [],
    spike: (u) => {
      const [H, g] = [placeholder(u.shape), placeholder(u.shape)]
      this.arguments.push(u)
      this.#symbols.push({ H, g })
      return customGradient(H, [u], (dy) => [dy.mul(g)])
    },
  }

  /** Names the symbols by their arguments as they have been simplified; long arguments get names of their own first. */
  name(names: Map<Tensor, Expression>, simplified: readonly Tensor[]): Equation[] {
    return this.#symbols.flatMap(({ H, g }, i) => {
      const value = graphExpression(names)(simplified[i]!)
      const formula = printExpression(value)
      const isShort = formula.length <= longestArgument
      const u = isShort ? formula : `u${this.#symbols.length > 1 ? i + 1 : ''}`
      names.set(H, symbol(`H(${u})`))
      names.set(g, symbol(`g(${u})`))
      return isShort ? [] : [{ name: u, relation: '=', value } as const]
    })
  }
}

/** A longer argument of the spike function is written once. */
const longestArgument = 16
