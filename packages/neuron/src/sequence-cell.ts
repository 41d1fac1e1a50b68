import { formatShape, SnnError, type Tensor, type Variable } from '@snn/tensor'
import { checkFunction, checkMembers } from '@snn/tensor/library'
import type { StepContext } from './spec.js'

/** How a whole sequence is being run: `lead` is 2 for [T, N, ..], 1 for a single step [N, ..]. */
export interface SequenceContext extends StepContext {
  readonly lead: number
}

/**
 * A layer of neurons that sees all time steps at once: a function of the whole sequence, x [T, N, ..] -> [T, N, ..]. It
 * has no state: every call starts from the beginning and leaves nothing behind.
 */
export interface SequenceCell {
  readonly contract: 1
  readonly kind: string
  /** Everything but arrays, as JSON. */
  readonly config: Readonly<Record<string, unknown>>
  readonly variables: Readonly<Record<string, Variable>>
  /** Names of the variables that training changes. */
  readonly trainable: readonly string[]
  /** How many steps a sequence must have; any when it is not there. */
  readonly steps?: number
  /** Draws weights from `key`, in layers that have some; weights that have been trained or set stay. */
  initialize?(key: number): void
  /** The sequence is the only input; without context it is evaluated. */
  apply(inputs: readonly Tensor[], context?: SequenceContext): Tensor
}

/**
 * A layer from a function of the sequence, which it calls with what fits: an x of the right number of steps. `instead`:
 * what to use step by step.
 *
 * @throws `NEEDS_SEQUENCE` (from `apply`) for a single step, `SHAPE` for a sequence of another length
 */
export function sequenceCell(
  parts: Omit<SequenceCell, 'contract' | 'apply'>,
  run: (x: Tensor, context: SequenceContext) => Tensor,
  instead?: string,
): SequenceCell {
  checkMembers(
    'sequenceCell',
    parts,
    'parts',
    ['kind', 'config', 'variables'],
    'what a layer says of itself: { kind, config, variables, .. }',
  )
  checkFunction('sequenceCell', run, 'run')
  const { kind, steps } = parts
  return {
    contract: 1,
    ...parts,
    apply(inputs, context = { training: false, lead: 2 }) {
      const x = inputs[0]!
      if (context.lead !== 2) {
        throw new SnnError(
          'NEEDS_SEQUENCE',
          `[${kind}] one step of shape ${formatShape(x.shape)}, expected a whole sequence [T, N, ..], for it sees all steps at once. Use the network's forward, not its step, stepwise or stream${instead === undefined ? '' : `; for those there is ${instead}`}.`,
          { layer: kind },
        )
      }
      if (x.shape.length < 2 || (steps !== undefined && x.shape[0] !== steps)) {
        throw new SnnError(
          'SHAPE',
          `[${kind}] sequence of shape ${formatShape(x.shape)}, expected [${steps ?? 'T'}, N, ..]. Give the layer the number of steps of its input.`,
          { shapes: [x.shape] },
        )
      }
      return run(x, context)
    },
  }
}
