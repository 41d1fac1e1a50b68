import type { Shape } from '@snn/tensor'
import { assignments, type Assignment, type Equation } from './assignments.js'
import { neuronFormulas, type NeuronEquations, type Phases } from './neuron-formulas.js'
import type { AnyModel } from './neuron-model.js'
import { printExpression } from './print-expression.js'

/**
 * `neuronFormulas` as text: `v ← v + (x - v) / tau`. What occurs more than once in a phase is named first.
 *
 * @throws `ARGUMENT` for what is no model, and for options that it does not have
 */
export function neuronEquations(
  model: AnyModel,
  options: Readonly<Record<string, unknown>> = {},
  shape: Shape = [],
): NeuronEquations<Assignment> {
  const { start, step, gradient, hasSpikeFunction } = neuronFormulas(model, options, shape)
  const { charge, reset } = written(step)
  return {
    start: assignments(start),
    // arguments of the spike function stand alone, with all of their parts
    step: {
      charge,
      fire: [
        ...step.fire
          .slice(0, -1)
          .map(({ name, relation, value }) => ({ name, relation, formula: printExpression(value) })),
        ...assignments(step.fire.slice(-1)),
      ],
      reset,
      output: assignments(step.output),
    },
    gradient: written(gradient),
    hasSpikeFunction,
  }
}

function written({ charge, fire, reset }: Phases<Equation>): Phases<Assignment> {
  return { charge: assignments(charge), fire: assignments(fire), reset: assignments(reset) }
}
