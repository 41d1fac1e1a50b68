import { surrogateFromParts } from '@snn/surrogate'
import { SnnError, type Variable } from '@snn/tensor'
import { restoreDsrIntegrateAndFire, restoreDsrLif } from './dsr.js'
import { fewSpike, gatedFewSpike, outlierAwareFewSpike, type FewSpikeOptions, type FewSpikeTable } from './few-spike.js'
import { gatedLif, type GatedLifOptions } from './gated-lif.js'
import { interLayerConnection, type InterLayerOptions } from './inter-layer-connection.js'
import { restoreFoldedMpbn, restoreMpbn } from './mpbn-lif.js'
import { restoreNoisy } from './noisy.js'
import { maskedPsn, psn, type MaskedPsnOptions } from './psn.js'
import type { SequenceCell } from './sequence-cell.js'
import { slidingPsn, type SlidingPsnOptions } from './sliding-psn.js'
import type { Cell } from './spec.js'

type Config = Readonly<Record<string, unknown>>
type Variables = Readonly<Record<string, Variable>>
/** Makes the cell that another one is around. */
type CreateInner = (kind: string, config: Config, variables: Variables) => Cell | SequenceCell | undefined

type Maker = (config: Config, variables: Variables, inner: CreateInner) => Cell | SequenceCell

type AnyOptions = MaskedPsnOptions & SlidingPsnOptions & GatedLifOptions & FewSpikeOptions & InterLayerOptions

/** Options of a layer whose arrays are weights, all of them Variables by now. */
function options(
  { surrogate: described, ...config }: Config,
  variables: Variables,
  weights: readonly string[],
): AnyOptions {
  const given = Object.fromEntries(
    weights.flatMap((name) => (variables[name] ? [[name, variables[name]] as const] : [])),
  )
  const surrogate = surrogateFromParts({ surrogate: described }, variables)
  return { ...config, ...given, ...(surrogate && { surrogate }) } as unknown as AnyOptions
}

/** The cell inside, from the Variables that are not of the one around. */
function innerCell(
  kind: string,
  config: Config,
  variables: Variables,
  outer: readonly string[],
  create: CreateInner,
): Cell {
  const { kind: innerKind, ...innerConfig } = (config['cell'] ?? {}) as { readonly kind?: string }
  const rest = Object.fromEntries(Object.entries(variables).filter(([name]) => !outer.includes(name)))
  const cell = innerKind === undefined ? undefined : create(innerKind, innerConfig, rest)
  if (!cell || !('step' in cell))
    throw new SnnError(
      'ARGUMENT',
      `[createNeuron] ${kind} around ${String(innerKind)}, expected a neuron that goes step by step. Give its model.`,
      { name: 'cell', value: innerKind },
    )
  return cell
}

/** Layers of neurons that are no `defineNeuron`, again from what they say of themselves. */
export const specialNeurons: Readonly<Record<string, Maker>> = {
  psn: (config, variables) => psn(options(config, variables, ['weight', 'bias'])),
  maskedPsn: (config, variables) => maskedPsn(options(config, variables, ['weight', 'bias', 'lambda'])),
  slidingPsn: (config, variables) => slidingPsn(options(config, variables, ['weight', 'bias'])),
  gatedLif: (config, variables) =>
    gatedLif({
      ...options(config, variables, []),
      raw: Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith('surrogate.'))),
    }),
  dsrIntegrateAndFire: restoreDsrIntegrateAndFire,
  dsrLif: restoreDsrLif,
  fewSpike({ table, ...config }, variables) {
    return fewSpike(table as FewSpikeTable, options(config, variables, []))
  },
  gatedFewSpike({ tables, gates, ...config }, variables) {
    return gatedFewSpike(tables as readonly FewSpikeTable[], gates as readonly number[], options(config, variables, []))
  },
  outlierAwareFewSpike({ table, outliers, split, ...config }, variables) {
    return outlierAwareFewSpike(table as FewSpikeTable, outliers as FewSpikeTable, {
      ...options(config, variables, []),
      split: split as number,
    })
  },
  mpbnLif: restoreMpbn,
  foldedMpbnLif: restoreFoldedMpbn,
  interLayerConnection(config, variables, create) {
    const own = ['weight', 'bias']
    const { cell: _, ...rest } = config
    return interLayerConnection(
      innerCell('interLayerConnection', config, variables, own, create),
      options(rest, variables, own),
    )
  },
  noisy: (config, variables, create) =>
    restoreNoisy((outer) => innerCell('noisy', config, variables, outer, create), config, variables),
}
