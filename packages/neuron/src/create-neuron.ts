import type { Variable } from '@snn/tensor'
import { specialNeurons } from './create-special.js'
import * as models from './models.js'
import { restoreOptions } from './restore-options.js'
import type { SequenceCell } from './sequence-cell.js'
import type { Cell } from './spec.js'

/** Any model of `defineNeuron` or `extendNeuron`. */
export interface AnyNeuronModel {
  (options?: never): Cell
  readonly kind: string
  readonly spec: { readonly parameters: Readonly<Record<string, unknown>> }
}

/**
 * Makes a layer of neurons again from what it says of itself; undefined for a kind that is neither of this package nor
 * among `own`, the models that somebody else has defined.
 *
 * @throws `ARGUMENT` for a configuration that does not fit the model
 */
export function createNeuron(
  kind: string,
  config: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, Variable>>,
  own: readonly AnyNeuronModel[] = [],
): Cell | SequenceCell | undefined {
  const model = [...own, ...(Object.values(models) as readonly AnyNeuronModel[])].find(
    (candidate) => candidate.kind === kind,
  )
  if (!model)
    return Object.hasOwn(specialNeurons, kind)
      ? specialNeurons[kind]!(config, variables, (...inner) => createNeuron(...inner, own))
      : undefined
  const { options, learned } = restoreOptions(
    kind,
    ['threshold', ...Object.keys(model.spec.parameters)],
    config,
    variables,
  )
  const cell = (model as unknown as (options: Readonly<Record<string, unknown>>) => Cell)(options)
  // a learnable parameter takes its size from the first input only where it has no Variable yet
  Object.assign(cell.variables, learned)
  return cell
}
