import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { cpu, type KernelForm } from '@snn/backend-cpu'
import { batchOf, csnn, setWeights, trainingStep } from './csnn.js'
import { assertSame, startPeer } from './peer.js'
import { ratio, report } from './report.js'
import { inTurns, median, timed } from './timing.js'

/**
 * One training step of a convolutional spiking network (csnn.ts): time and memory against SpikingJelly, and the time to
 * compile it, for the first time and, a median, when the sessions are there already.
 */
const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '128' },
    threads: { type: 'string', default: String(availableParallelism()) },
    kernels: { type: 'string', default: 'auto' },
  },
})
const kernels = values.kernels as KernelForm
const [batch, threads] = [Number(values.batch), Number(values.threads)]
const rounds = 9
const warmUp = 2

/** Most memory of a process of its own that trains for as many steps as the peer's does. */
async function peakOfOurs(steps: number): Promise<number> {
  const program = fileURLToPath(new URL('csnn-memory.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...process.execArgv,
    program,
    String(batch),
    String(threads),
    String(steps),
  ])
  return Number(stdout)
}

async function peakOfPeer(steps: number): Promise<number | undefined> {
  await using peer = await startPeer('csnn_spikingjelly.py', batch, threads)
  for (let i = 0; i < steps; i++) await peer?.run()
  return await peer?.peak()
}

const backend = await cpu({ threads, kernels })
const net = csnn()
setWeights(net)
const compileTimes: number[] = []
const create = () => trainingStep(net, { backend, onCompile: ({ milliseconds }) => compileTimes.push(milliseconds) })
const [x, y] = batchOf(batch, 100)

const step = create()
const losses: number[] = []
for (let i = 0; i < 3; i++) losses.push((await step(x, y)).item())
for (let i = 0; i < 9; i++) {
  await using again = create()
  await again(x, y)
}

const megabytes = (bytes: number | undefined): number | undefined => bytes && bytes / 1e6
const medians = await (async () => {
  await using peer = await startPeer('csnn_spikingjelly.py', batch, threads)
  // a membrane potential next to the threshold fires on one side only, and Adam's first steps follow the sign of
  // gradients next to zero: the third loss differs by 1 % between our own numbers of threads
  if (peer) assertSame('losses', losses, await peer.check(), 0.02)
  return await inTurns({ ours: timed(() => step(x, y)), peer: peer && (() => peer.run()) }, { rounds, warmUp })
})()
await step.dispose()
await backend.dispose()
const ourPeak = await peakOfOurs(5)
const peerPeak = await peakOfPeer(5)

report('csnn-step', { batch, threads, kernels, rounds }, [
  { what: 'training step: ours', value: medians.ours, unit: 'ms' },
  { what: 'training step: SpikingJelly', value: medians.peer, unit: 'ms' },
  { what: 'training step: SpikingJelly / ours', value: ratio(medians.peer, medians.ours), unit: 'x', atLeast: 3 },
  { what: 'most memory: ours', value: megabytes(ourPeak), unit: 'MB' },
  { what: 'most memory: SpikingJelly', value: megabytes(peerPeak), unit: 'MB' },
  { what: 'most memory: ours / SpikingJelly', value: ratio(ourPeak, peerPeak), unit: 'x', atMost: 1 },
  { what: 'compile', value: compileTimes[0], unit: 'ms', atMost: 2000 },
  { what: 'compile again', value: median(compileTimes.slice(1)), unit: 'ms', atMost: 25 },
])
