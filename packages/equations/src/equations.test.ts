import * as library from '@snn/neuron'
import { grad, type Tensor } from '@snn/tensor'
import { interpret, numberKernels, traceFunction, type Kernels } from '@snn/tensor/backend'
import { describe, expect, it } from 'vitest'
import { apply, isOperation, number, symbol, type Expression } from './expression.js'
import { graphExpression } from './graph-expression.js'
import { neuronEquations } from './neuron-equations.js'
import { isNeuronModel, type AnyModel } from './neuron-model.js'
import { printExpression } from './print-expression.js'
import { tidy } from './tidy.js'

/** The models of @snn/neuron by name. */
const models = Object.entries(library).flatMap(([name, value]): [string, AnyModel][] =>
  isNeuronModel(value) ? [[name, value]] : [],
)

const operations: Readonly<Record<string, (x: number, y: number, z: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  neg: (x) => -x,
  power: (x, y) => x ** y,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  select: (condition, x, y) => (condition ? x : y),
  cast: (x) => x,
  less: (x, y) => Number(x < y),
  lessEqual: (x, y) => Number(x <= y),
  greater: (x, y) => Number(x > y),
  greaterEqual: (x, y) => Number(x >= y),
  equal: (x, y) => Number(x === y),
  and: (x, y) => x && y,
  or: (x, y) => x || y,
  not: (x) => Number(!x),
  minimum: (x, y) => Math.min(x, y),
  maximum: (x, y) => Math.max(x, y),
  mod: (x, y) => x - Math.floor(x / y) * y,
  round: (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
}

/** The value of a formula. */
function evaluate(x: Expression, values: Readonly<Record<string, number>>): number {
  if ('number' in x) return x.number
  if ('symbol' in x) return values[x.symbol]!
  const operands = x.operands.map((operand) => evaluate(operand, values))
  const own = operations[x.operation] ?? (Math as unknown as Record<string, (of: number) => number>)[x.operation]
  if (!own) throw new Error(`no ${x.operation}`)
  return own(operands[0]!, operands[1]!, operands[2]!)
}

describe('a formula is the graph that it is written from', () => {
  it.each(models)('%s: one step and its gradient', (_, model) => {
    const cell = model()
    const states = Object.keys(model.spec.state)
    const given = [0.7, ...states.map((_, i) => 0.4 + 0.3 * i)]
    const parameters: Tensor[] = []
    const { program } = traceFunction(
      (...inputs) => {
        parameters.push(...inputs)
        const { spike, output, state } = cell.step(
          inputs[0]!,
          Object.fromEntries(states.map((name, i) => [name, inputs[1 + i]!])),
        )
        const outputs = [spike, output, ...states.map((name) => state[name]!)]
        return [
          ...outputs,
          ...grad(
            outputs.map((of, i) => of.mul(0.3 + i)).reduce((sum, term) => sum.add(term)),
            inputs,
          ),
        ]
      },
      given.map(() => ({ shape: [], dtype: 'float32' as const })),
    )
    // Variables have the values they were made with
    const variables = Object.fromEntries(
      Object.entries(cell.variables).map(([name, variable]) => [variable.name, 0.5 + name.length / 10]),
    )
    const kernels: Kernels<number> = {
      ...numberKernels,
      read: (_inputs, node) => variables[node.attributes.variable.name]!,
    }
    const actual = interpret(program.results, kernels, new Map(parameters.map((tensor, i) => [tensor, given[i]!])))
    const formula = graphExpression(new Map(parameters.map((tensor, i) => [tensor, symbol(`in${i}`)])))
    const values = {
      ...Object.fromEntries(given.map((value, i) => [`in${i}`, value])),
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name.split('.').at(-1)!, value])),
    }
    program.results.forEach((result, i) => expect(evaluate(formula(result), values)).toBeCloseTo(actual[i]!, 5))
  })

  it.each(models)('%s has equations', (_, model) => {
    const { step } = neuronEquations(model)
    expect([...step.charge, ...step.fire].length).toBeGreaterThan(1)
  })
})

describe('tidy', () => {
  const [x, y, a] = [symbol('x'), symbol('y'), symbol('a', 'parameter')]
  it.each<[string, Expression, string]>([
    ['puts numbers and parameters first', tidy('mul', [tidy('mul', [x, a]), number(2)]), '2 a x'],
    ['writes differences', tidy('add', [tidy('neg', [x]), y]), 'y - x'],
    ['drops zeros and ones', tidy('add', [tidy('mul', [x, number(1)]), tidy('mul', [y, number(0)])]), 'x'],
    ['gathers powers', tidy('mul', [tidy('div', [x, y]), tidy('mul', [x, y])]), 'x²'],
    ['cancels', tidy('div', [tidy('mul', [a, x]), tidy('mul', [y, a])]), 'x / y'],
    ['keeps a sign in front', tidy('div', [tidy('neg', [x]), number(-4)]), 'x / 4'],
    ['keeps parentheses that count', tidy('sub', [x, tidy('sub', [y, a])]), 'x - (y - a)'],
    ['keeps a sum within a product', tidy('mul', [tidy('add', [x, y]), a]), 'a (x + y)'],
    ['turns comparisons of a number', tidy('lessEqual', [number(0), x]), 'x ≥ 0'],
    [
      'knows the logistic function',
      tidy('mul', [tidy('add', [apply('tanh', tidy('mul', [x, number(0.5)])), number(1)]), number(0.5)]),
      'σ(x)',
    ],
    ['knows pi', tidy('mul', [number(Math.fround(Math.PI / 2)), x]), '(π/2) x'],
  ])('%s', (_, formula, text) => {
    expect(printExpression(formula)).toBe(text)
    expect(isOperation(formula) || 'symbol' in formula).toBe(true)
  })
})
