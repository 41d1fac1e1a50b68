import { numberFault, sigmoid, wrongOption, surrogateParts, type Surrogate } from '@snn/surrogate'
import { formatShape, scalar, SnnError, stack, where, type Tensor } from '@snn/tensor'
import { checkMembers, checkArray, checkObject } from '@snn/tensor/library'
import { checkEach, surrogateFault } from './options.js'
import type { SequenceCell } from './sequence-cell.js'

/** Thresholds, resets and output weights of K spikes, one of each for every spike. */
export interface FewSpikeTable {
  readonly theta: readonly number[]
  readonly h: readonly number[]
  readonly d: readonly number[]
}

export interface FewSpikeOptions {
  /** Default: `sigmoid()`. */
  readonly surrogate?: Surrogate
}

/**
 * A neuron that stands for any function of its input by K weighted spikes (Stoeckl and Maass, Nature Machine
 * Intelligence 2021):
 *
 *   v = x;  for k = 0 .. K - 1:  z = H(v - theta[k]),  y[k] = d[k] z,  v <- v - h[k] z
 *
 * A step [N, ..] gives the sum of y; a sequence [K, N, ..] is added up first, and its K outputs are y[0], .. y[K - 1].
 *
 * @throws `ARGUMENT` for tables that are empty, of unequal lengths or not finite; `SHAPE`, from the layer, for a
 * sequence of another length
 */
export function fewSpike(table: FewSpikeTable, options: FewSpikeOptions = {}): SequenceCell {
  checkTables('fewSpike', { table })
  return emitter('fewSpike', { table }, options, (x) => ({
    v: x,
    choose: (row, k) => scalar(table[row][k]!, x.dtype),
    sign: undefined,
  }))
}

/**
 * `fewSpike` with a table for each region of its input, as SpikingJelly's `HGNode`: region r is where gates[r - 1] < x
 * <= gates[r].
 *
 * @throws as `fewSpike`; `ARGUMENT` for gates that do not rise, or are not one fewer than the tables
 */
export function gatedFewSpike(
  tables: readonly FewSpikeTable[],
  gates: readonly number[],
  options: FewSpikeOptions = {},
): SequenceCell {
  checkArray('gatedFewSpike', tables, 'tables')
  checkArray('gatedFewSpike', gates, 'gates')
  const kind = 'gatedFewSpike'
  checkTables(kind, Object.fromEntries(tables.map((table, i) => [`tables.${i}`, table])))
  const rising = gates.every((gate, i) => Number.isFinite(gate) && (i === 0 || gate > gates[i - 1]!))
  if (tables.length === 0 || gates.length !== tables.length - 1 || !rising)
    throw wrongOption(kind, 'gates', gates, `rising numbers, one fewer than the ${tables.length} tables`)
  return emitter(kind, { tables, gates }, options, (x) => ({
    v: x,
    choose: (row, k) =>
      gates.reduce<Tensor>(
        (chosen, gate, i) => where(x.gt(gate), scalar(tables[i + 1]![row][k]!, x.dtype), chosen),
        scalar(tables[0]![row][k]!, x.dtype),
      ),
    sign: undefined,
  }))
}

/**
 * `fewSpike` of |x|, with the sign of x, and a table of its own for what is larger than `split`, as SpikingJelly's
 * `OutlierAwareThresholdNode`; x is cut to [-clamp, clamp] first where `clamp` is given.
 *
 * @throws as `fewSpike`; `ARGUMENT` for a negative split, or a clamp below it
 */
export function outlierAwareFewSpike(
  table: FewSpikeTable,
  outliers: FewSpikeTable,
  settings: FewSpikeOptions & { readonly split: number; readonly clamp?: number },
): SequenceCell {
  checkObject('outlierAwareFewSpike', settings)
  const { split, clamp, ...options } = settings
  const kind = 'outlierAwareFewSpike'
  checkTables(kind, { table, outliers })
  if (!Number.isFinite(split) || split < 0) throw wrongOption(kind, 'split', split, 'a finite number, not negative')
  if (clamp !== undefined && (numberFault(clamp, [0, Infinity]) !== undefined || clamp < split))
    throw wrongOption(kind, 'clamp', clamp, `a finite number, positive and at least the split, ${split}`)
  return emitter(kind, { table, outliers, split, ...(clamp !== undefined && { clamp }) }, options, (input) => {
    const x = clamp === undefined ? input : input.clip(-clamp, clamp)
    const v = x.abs()
    return {
      v,
      choose: (row, k) => where(v.le(split), scalar(table[row][k]!, x.dtype), scalar(outliers[row][k]!, x.dtype)),
      sign: x.sign().stopGradient(),
    }
  })
}

type Row = keyof FewSpikeTable

interface Start {
  readonly v: Tensor
  choose(row: Row, k: number): Tensor
  readonly sign: Tensor | undefined
}

function emitter(
  kind: string,
  tables: Readonly<Record<string, unknown>>,
  options: FewSpikeOptions,
  start: (x: Tensor) => Start,
): SequenceCell {
  checkEach(kind, options, { surrogate: surrogateFault })
  const { surrogate = sigmoid() } = options
  const K = (('table' in tables ? tables['table'] : (tables['tables'] as readonly FewSpikeTable[])[0]) as FewSpikeTable)
    .theta.length
  const spiking = surrogateParts(surrogate)
  const outputs = (x: Tensor): Tensor[] => {
    const { v: first, choose, sign } = start(x)
    let v = first
    return Array.from({ length: K }, (_, k) => {
      const z = surrogate.spike(v.sub(choose('theta', k)))
      const y = z.mul(choose('d', k))
      v = v.sub(z.mul(choose('h', k)))
      return sign ? y.mul(sign) : y
    })
  }
  return {
    contract: 1,
    kind,
    config: { ...tables, ...spiking.config },
    variables: spiking.variables,
    trainable: spiking.trainable,
    steps: K,
    apply([x], { lead } = { training: false, lead: 2 }) {
      if (lead === 1) return outputs(x!).reduce((sum, y) => sum.add(y))
      if (x!.shape[0] === K) return stack(outputs(x!.sum(0)))
      throw new SnnError(
        'SHAPE',
        `[${kind}] sequence of shape ${formatShape(x!.shape)}, expected ${K} steps, as many as spikes in the table. Repeat the input ${K} times, divided by ${K}.`,
        { shapes: [x!.shape] },
      )
    },
  }
}

function checkTables(kind: string, tables: Readonly<Record<string, FewSpikeTable>>): void {
  for (const [name, table] of Object.entries(tables))
    checkMembers(kind, table, name, ['theta', 'h', 'd'], '{ theta, h, d }: three arrays of numbers')
  const K = Object.values(tables)[0]?.theta.length
  for (const [name, { theta, h, d }] of Object.entries(tables)) {
    const fits = [theta, h, d].every((row) => row.length === K && row.every((value) => Number.isFinite(value)))
    if (!fits || K === 0)
      throw wrongOption(
        kind,
        name,
        { theta, h, d },
        `theta, h and d of one length${K ? `, ${K}` : ', at least 1'}, of finite numbers`,
      )
  }
}
