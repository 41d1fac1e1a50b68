/**
 * What a worker thread runs, as text, so that no bundler has to find a file. It waits for a change of the sequence number, spinning
 * for a moment before it sleeps; see `threads.ts` for the words of the control block.
 */
export const workerSource = `
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const { memory, control, thread } = workerData
const functions = []
const [sequence, open, active, finished, failed, kernel, args, blocks, share, next] = control.keys()
let seen = -1
function work() {
  if (control[kernel] === -1) {
    for (let message = receiveMessageOnPort(parentPort); message; message = receiveMessageOnPort(parentPort)) {
      const { kernel, module } = message.message
      functions[kernel] = new WebAssembly.Instance(module, { memory: { memory } }).exports.run
    }
    return
  }
  const run = functions[control[kernel]]
  const [end, step] = [control[blocks], control[share]]
  const some = (first) => { if (first < end) run(control[args], first, Math.min(first + step, end), thread) }
  if (control[next] < 0) return some(thread * step)
  for (let first = Atomics.add(control, next, step); first < end; first = Atomics.add(control, next, step)) some(first)
}
parentPort.postMessage('running')
for (;;) {
  for (let spins = 0; Atomics.load(control, sequence) === seen; spins++) if (spins > 20000) Atomics.wait(control, sequence, seen)
  seen = Atomics.load(control, sequence)
  Atomics.add(control, active, 1)
  if (Atomics.load(control, open) === seen) {
    try {
      work()
    } catch {
      Atomics.store(control, failed, 1)
    }
    Atomics.add(control, finished, 1)
  }
  Atomics.sub(control, active, 1)
  Atomics.notify(control, active)
}
`
