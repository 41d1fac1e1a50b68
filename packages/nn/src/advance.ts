import { scan, SnnError, type Tensor } from '@snn/tensor'
import type { Advance, Context, State, StatefulLayer } from './layer.js'
import type { Mode } from './network.js'

export interface Advanced extends Advance {
  readonly initial: State
  /** State and, where there is one, spike of every step; none of a layer with a `sequence` of its own. */
  readonly named: Readonly<Record<string, Tensor>>
}

/** One step of a layer with memory, or all steps: by its `sequence`, else by a scan. States that `given` lacks are the initial ones. */
export function advance(layer: StatefulLayer, mode: Mode, x: Tensor, given: State | undefined, context: Context): Advanced {
  const initial = layer.initialState(mode === 'step' ? x.shape : x.shape.slice(1), x.dtype)
  for (const name of Object.keys(given ?? {})) {
    if (name in initial) continue
    throw new SnnError('ARGUMENT', `[${layer.kind}] unknown state '${name}', expected one of ${Object.keys(initial).join(', ')}. Correct the name.`, { name, value: given![name]!.shape })
  }
  const start = { ...initial, ...given }
  if (mode === 'sequence' && layer.sequence) return { ...layer.sequence(x, start, context), initial, named: {} }
  const once = (before: State, now: Tensor) => {
    const { output, state, spike } = layer.step(now, before, { ...context, lead: 1 })
    // a spike that is the output need not be handed out twice
    const named = layer.sequence ? {} : spike && spike !== output ? { ...state, spike } : state
    return { output, state, named, firesOutput: !layer.sequence && spike === output }
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
