import { SnnError } from '@snn/tensor'

/**
 * What the neurons of a chip, or of a format, can be, so that a conversion keeps to it: integrate-and-fire that starts
 * at 0.
 */
export interface TargetRules {
  /** To 0, or by subtraction. */
  readonly reset: 'hard' | 'soft'
  /**
   * Whether the first layer of neurons stays on the host, which turns the input into spikes and is bound to nothing.
   */
  readonly encoder: boolean
  /** What it stands for. */
  readonly summary: string
}

/** Where a converted network is to run. */
export const targets = {
  loihi: { reset: 'hard', encoder: true, summary: 'Loihi: reset to 0, spikes as input' },
  nir: { reset: 'hard', encoder: false, summary: 'NIR: reset to 0' },
  speck: { reset: 'soft', encoder: true, summary: 'Speck, DynapCNN: reset by subtraction, spikes as input' },
  xylo: { reset: 'soft', encoder: true, summary: 'Xylo: reset by subtraction, spikes as input' },
} as const satisfies Readonly<Record<string, TargetRules>>

/** A chip, or the format NIR, that a conversion keeps to; see `ConvertOptions.target`. */
export type Target = keyof typeof targets

/** The rules of a target that a user names. @throws `ARGUMENT` */
export function targetNamed(name: Target): TargetRules {
  if (Object.hasOwn(targets, name)) return targets[name]
  throw new SnnError(
    'ARGUMENT',
    `[convert] target ${JSON.stringify(name)}, expected one of ${Object.keys(targets).join(', ')}.`,
    { name: 'target', value: name },
  )
}

/** The rules for a layer of neurons with so many others before it: none for those of the host. */
export function rulesAt(target: TargetRules | undefined, depth: number): TargetRules | undefined {
  return target?.encoder && depth === 0 ? undefined : target
}
