import type { Tensor } from '@snn/tensor'
import { checkArray } from '@snn/tensor/library'
import type { Network } from './network.js'
import type { Inputs, RunOptions, RunResult } from './network-form.js'
import { checkNetwork } from './check.js'

/** The first output and the recorded values of a run. */
export interface Recorded extends Pick<RunResult, 'outputs' | 'state' | 'recorded'> {
  readonly output: Tensor
}

/**
 * A network that hands out named values beside its output, layer-wise over x [T, N, ..]: `node.output`, `node.spike`,
 * and every state of a layer with memory, such as `node.v`; `*` stands for anything. What is not asked for is neither
 * computed for it nor kept.
 *
 *   const watched = record(net, ['conv1.output', '*.spike'])
 *   const step = compile((x) => { const { output, recorded } = watched(x); return { output, ...recorded } })
 *
 * `stepwise`, `stream` and `net.run` have the option `record` for the same.
 *
 * @throws `ARGUMENT`, when run, for a pattern that fits nothing, with all names there are
 */
export function record(
  net: Network,
  patterns: readonly string[],
): (x: Inputs, options?: Omit<RunOptions, 'record'>) => Recorded {
  checkNetwork('record', net)
  checkArray('record', patterns, 'patterns', 'an array of names')
  return (x, options = {}) => {
    const { outputs, state, recorded } = net.run('sequence', x, { ...options, record: patterns })
    return { output: net.single({ outputs }), outputs, state, recorded }
  }
}
