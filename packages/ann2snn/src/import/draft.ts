import type { Config } from '@snn/nn'
import type { TensorLike } from '@snn/tensor'

/** An input of the network. */
export interface Input {
  readonly input: string
}

/** A layer in the making: no name yet, its weights plain arrays. */
export interface LayerDraft {
  /** What its name begins with. */
  readonly prefix: string
  readonly kind: string
  readonly config: Config
  readonly arrays: Readonly<Record<string, TensorLike>>
  readonly inputs: readonly Source[]
  /** Shape of one sample of its output. */
  readonly shape: readonly number[]
  /** The ONNX node that it comes from. */
  readonly origin: Origin
}

export interface Origin {
  readonly op: string
  readonly name: string
}

/** What makes a value. */
export type Source = LayerDraft | Input

export function isDraft(source: Source): source is LayerDraft {
  return 'kind' in source
}

/** Every draft that `source` needs, itself included, inputs before users. */
export function draftsOf(source: Source): LayerDraft[] {
  const done = new Set<Source>()
  const order: LayerDraft[] = []
  const waiting: Source[] = [source]
  while (waiting.length > 0) {
    const next = waiting.at(-1)!
    const missing = isDraft(next) && !done.has(next) ? next.inputs.filter((input) => !done.has(input)) : []
    if (missing.length > 0) {
      waiting.push(...missing.reverse())
      continue
    }
    waiting.pop()
    if (isDraft(next) && !done.has(next)) order.push(next)
    done.add(next)
  }
  return order
}
