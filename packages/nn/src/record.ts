import { checkArray, SnnError, type Tensor } from '@snn/tensor'
import type { Inputs, Network, RunOptions, RunResult } from './network.js'
import { checkNetwork } from './check.js'

/** The first output and the recorded values of a run. */
export interface Recorded extends Pick<RunResult, 'outputs' | 'state' | 'recorded'> {
  readonly output: Tensor
}

/**
 * A network that hands out named values beside its output, layer-wise over x [T, N, ..]: `node.output`, `node.spike`, and every state of
 * a layer with memory, such as `node.v`; `*` stands for anything. What is not asked for is neither computed for it nor kept.
 *
 *   const watched = record(net, ['conv1.output', '*.spike'])
 *   const step = compile((x) => { const { output, recorded } = watched(x); return { output, ...recorded } })
 *
 * `stepwise`, `stream` and `net.run` have the option `record` for the same.
 *
 * @throws `ARGUMENT`, when run, for a pattern that fits nothing, with all names there are
 */
export function record(net: Network, patterns: readonly string[]): (x: Inputs, options?: Omit<RunOptions, 'record'>) => Recorded {
  checkNetwork('record', net)
  checkArray('record', patterns, 'patterns', 'an array of names')
  return (x, options = {}) => {
    const { outputs, state, recorded } = net.run('sequence', x, { ...options, record: patterns })
    return { output: net.single({ outputs }), outputs, state, recorded }
  }
}

/** Whether a dotted name fits one of the patterns, in which `*` stands for anything. */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  checkArray('record', patterns, 'patterns', 'an array of names')
  const expressions = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`))
  return (name) => expressions.some((expression) => expression.test(name))
}

/** Throws `ARGUMENT` for a pattern that none of the names fits. */
export function checkPatterns(patterns: readonly string[], names: readonly string[]): void {
  for (const pattern of patterns) {
    if (names.some(matcher([pattern]))) continue
    throw new SnnError('ARGUMENT', `[record] '${pattern}' fits no value of the network, expected one of ${names.join(', ')}, or a pattern with *. Correct the name.`, { name: 'record', value: pattern })
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
