import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { convert, simulator } from '@snn/ann2snn'
import { cpu } from '@snn/backend-cpu'
import { symmetric } from './numbers.js'
import { startPeer } from './peer.js'
import { ratio, report } from './report.js'
import { resnet18 } from './resnet18-model.js'
import { inTurns, timed } from './timing.js'

/**
 * A converted ResNet-18 for pictures of 32 x 32 with random weights (resnet18-model.ts), simulated for T steps, against
 * the same network converted by SpikingJelly and run step by step, as in its example and faster here than all steps at
 * once.
 */
const batch = 16
const T = 32
const rounds = 5
const warmUp = 1

const { values } = parseArgs({ options: { threads: { type: 'string', default: String(availableParallelism()) } } })
const threads = Number(values.threads)

/** Pearson's correlation. */
function correlation(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length
  const [ma, mb] = [mean(a), mean(b)]
  const product = (p: readonly number[], mp: number, q: readonly number[], mq: number): number =>
    mean(p.map((x, i) => (x - mp) * (q[i]! - mq)))
  return product(a, ma, b, mb) / Math.sqrt(product(a, ma, a, ma) * product(b, mb, b, mb))
}

const x = { data: symmetric(batch * 3 * 32 * 32, 100, 1), shape: [batch, 3, 32, 32] }
const backend = await cpu({ threads })
const { snn } = await convert(resnet18(), [x], { mode: 'max', backend })
const simulation = simulator(snn, { backend })
const logits = [...(await simulation.run(x, { T })).logits.data]
await using peer = await startPeer('resnet18_spikingjelly.py', batch, T, threads)
if (peer) {
  // both approximate the same network, with other initial potentials
  const r = correlation(logits, await peer.check())
  if (!(r > 0.95)) throw new Error(`logits: ours and the peer's correlate by ${r}, expected more than 0.95`)
}
const medians = await inTurns(
  { ours: timed(() => simulation.run(x, { T })), peer: peer && (() => peer.run()) },
  { rounds, warmUp },
)
await simulation.dispose()
await backend.dispose()

report('resnet18', { batch, T, threads, rounds }, [
  { what: 'simulation: ours', value: medians.ours, unit: 'ms' },
  { what: 'simulation: SpikingJelly', value: medians.peer, unit: 'ms' },
  { what: 'simulation: SpikingJelly / ours', value: ratio(medians.peer, medians.ours), unit: 'x', atLeast: 2 },
])
