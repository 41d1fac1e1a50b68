import { wrongOption } from '@snn/surrogate'
import { conv, formatShape, full, SnnError, type Variable } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { checkState } from './check-state.js'
import { checkEach, variableFault, wholeFault } from './options.js'
import type { Cell, State } from './spec.js'
import { weights } from './weights.js'
import { wrapCell } from './wrap-cell.js'

export interface InterLayerOptions {
  /** Number of groups; an action in a population-coded policy. */
  readonly groups: number
  /** Neurons in each. */
  readonly size: number
  /** [groups size, 1, size], in place of one drawn from U(-1 / sqrt size, 1 / sqrt size). */
  readonly weight?: Variable
  /** [groups size], drawn alike. */
  readonly bias?: Variable
}

/**
 * Neurons connected within groups, as in SpikingJelly's ILC neurons for population-coded policies: what the neurons of
 * a group hand on is added, weighted, to their input of the next step. x [N, groups size]:
 *
 *   step    as `cell`, of x + lateral
 *   then    lateral[g, i] <- sum_j weight[g size + i, 0, j] output[g, j] + bias[g size + i], at first 0
 *
 * @throws `ARGUMENT` for an option outside of its domain or a cell with a state `lateral`; `SHAPE`, from the layer, for
 * another input
 */
export function interLayerConnection<S extends string>(cell: Cell<S>, options: InterLayerOptions): Cell<S | 'lateral'> {
  checkMembers('interLayerConnection', cell, 'cell', ['step()', 'initialState()'], 'a layer of neurons such as lif()')
  checkObject('interLayerConnection', options)
  const kind = 'interLayerConnection'
  const { groups, size, weight, bias } = options
  checkEach(kind, options, {
    groups: wholeFault,
    size: wholeFault,
    weight: variableFault([groups * size, 1, size]),
    bias: variableFault([groups * size]),
  })
  if ('weight' in cell.variables || 'bias' in cell.variables)
    throw wrongOption(kind, 'cell', cell.kind, 'one without weight and bias')
  const bound = 1 / Math.sqrt(size)
  const own = weights(
    kind,
    { weight: { shape: [groups * size, 1, size], bound }, bias: { shape: [groups * size], bound } },
    { weight, bias },
  )
  return wrapCell<S | 'lateral'>(cell, {
    kind,
    config: { groups, size, cell: { kind: cell.kind, ...cell.config } },
    ...own,
    trainable: ['weight', 'bias'],
    initialState: (shape, dtype) => ({ ...cell.initialState(shape, dtype), lateral: full(shape, 0, { dtype }) }),
    step(x, state, context) {
      if (x.shape.length !== 2 || x.shape[1] !== groups * size) {
        throw new SnnError(
          'SHAPE',
          `[${kind}] input of shape ${formatShape(x.shape)}, expected [N, ${groups * size}], ${groups} groups of ${size}. Flatten it, or change the groups.`,
          { shapes: [x.shape] },
        )
      }
      const { lateral, ...inner } = state as Readonly<Record<string, State<S>[S]>>
      checkState(kind, x, state, ['lateral'])
      const { output, spike, state: after } = cell.step(x.add(lateral!), inner as State<S>, context)
      const [w, b] = [own.variables.weight.read().cast(x.dtype), own.variables.bias.read().cast(x.dtype)]
      const next = conv(output.reshape([-1, groups, size]), w, { groups })
        .reshape(x.shape)
        .add(b)
      return { output, spike, state: { ...after, lateral: next } }
    },
  })
}
