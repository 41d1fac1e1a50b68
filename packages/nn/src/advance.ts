import { formatShape, scan, SnnError, type Tensor } from '@snn/tensor'
import type { Advance, Context, State, StatefulLayer } from './layer.js'
import type { StepMode } from './network-form.js'

export interface Advanced extends Advance {
  readonly initial: State
  /**
   * State and, where there is one, spike of every step; of a layer with a `sequence` of its own only where there is
   * one.
   */
  readonly named: Readonly<Record<string, Tensor>>
}

/**
 * One step of a layer with memory, or all steps: by its `sequence`, else by a scan. States that `given` lacks are the
 * initial ones.
 */
export function advance(
  layer: StatefulLayer,
  mode: StepMode,
  x: Tensor,
  given: State | undefined,
  context: Context,
): Advanced {
  const initial = layer.initialState(mode === 'step' ? x.shape : x.shape.slice(1), x.dtype)
  for (const name of Object.keys(given ?? {})) {
    if (name in initial) continue
    throw new SnnError(
      'ARGUMENT',
      `[${layer.kind}] unknown state '${name}', expected one of ${Object.keys(initial).join(', ')}. Correct the name.`,
      { name, value: given![name]!.shape },
    )
  }
  if (mode === 'sequence' && layer.steps !== undefined && x.shape[0]! > layer.steps) {
    throw new SnnError(
      'SHAPE',
      `[${layer.kind}] sequence of shape ${formatShape(x.shape)}, expected at most ${layer.steps} steps, for which it has parameters. Give it more steps, or run fewer.`,
      { shapes: [x.shape] },
    )
  }
  const start = { ...initial, ...given }
  if (mode === 'sequence' && layer.sequence) {
    const { recorded, ...whole } = layer.sequence(x, start, context)
    return { ...whole, initial, named: recorded ?? {} }
  }
  const once = (before: State, now: Tensor) => {
    const { output, state, spike } = layer.step(now, before, { ...context, lead: 1 })
    // a spike that is the output need not be handed out twice
    const named = layer.sequence && !spike ? {} : spike && spike !== output ? { ...state, spike } : state
    return { output, state, named, firesOutput: spike !== undefined && spike === output }
  }
  if (mode === 'step') return finish({ ...once(start, x), initial })
  const [state, ys] = scan(
    (before: State, now: Tensor) => {
      const { state: after, ...rest } = once(before, now)
      return [after, rest] as const
    },
    start,
    x,
  )
  return finish({ ...ys, state, initial })
}

function finish({ firesOutput, ...advanced }: Advanced & { readonly firesOutput: boolean }): Advanced {
  return firesOutput ? { ...advanced, named: { ...advanced.named, spike: advanced.output } } : advanced
}
