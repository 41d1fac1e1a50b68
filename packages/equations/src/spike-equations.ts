import { createSurrogate, sigmoid, type Surrogate } from '@snn/surrogate'
import { grad, placeholder, variable, type Tensor } from '@snn/tensor'
import { traceFunction } from '@snn/tensor/backend'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { assignments, type Assignment } from './assignments.js'
import { apply, isOperation, symbol, type Expression } from './expression.js'
import { graphExpression } from './graph-expression.js'
import { checkModel, type AnyModel } from './neuron-model.js'

/** The spike function H(u), and g(u), which stands in for its derivative. */
export interface SpikeEquations {
  readonly surrogate: string
  /** Its parameters and their values. */
  readonly parameters: Readonly<Record<string, unknown>>
  readonly H: readonly Assignment[]
  readonly g: readonly Assignment[]
}

/** The surrogate that a layer with these options has. */
export function surrogateOf(model: AnyModel, options: Readonly<Record<string, unknown>> = {}): Surrogate {
  checkModel('surrogateOf', model)
  checkObject('surrogateOf', options)
  return (options['surrogate'] ?? model.spec.defaults?.surrogate ?? sigmoid()) as Surrogate
}

/** The equations of a spike function, its parameters being symbols where it is one of `@snn/surrogate`. */
export function spikeEquations(surrogate: Surrogate): SpikeEquations {
  checkMembers(
    'spikeEquations',
    surrogate,
    'surrogate',
    ['name', 'parameters', 'spike()'],
    'a surrogate, such as atan()',
  )
  const shown = withSymbols(surrogate)
  const names = new Map<Tensor, Expression>()
  const { program } = traceFunction(() => {
    const u = placeholder([])
    names.set(u, symbol('u'))
    const spike = shown.spike(u)
    return [spike, grad(spike, u)]
  }, [])
  const [H, g] = program.results.map(graphExpression(names)) as [Expression, Expression]
  return {
    surrogate: surrogate.name,
    parameters: surrogate.parameters,
    H: assignments([
      { name: 'H(u)', relation: '=', value: isOperation(H, 'cast') ? apply('cases', H.operands[0]!) : H },
    ]),
    g: assignments([{ name: 'g(u)', relation: '=', value: g }]),
  }
}

/**
 * One of this library again with Variables in the place of its numbers, so that formulas show their names; others stay.
 */
function withSymbols(surrogate: Surrogate): Surrogate {
  const symbols = Object.fromEntries(
    Object.keys(surrogate.parameters).map((name) => [
      name,
      variable({ data: Float32Array.of(1), shape: [] }, { name }),
    ]),
  )
  try {
    return createSurrogate(surrogate.name, {}, symbols)
  } catch {
    return surrogate
  }
}
