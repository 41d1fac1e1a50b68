/**
 * What a worker thread runs, as text, so that no bundler has to find a file. It waits for a change of the sequence number, spinning
 * for a moment before it sleeps; see `threads.ts` for the words of the control block.
 */
export const workerSource = `
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const { memory, control, thread, count } = workerData
const functions = []
let seen = 0
for (;;) {
  for (let spins = 0; Atomics.load(control, 0) === seen; spins++) if (spins > 20000) Atomics.wait(control, 0, seen)
  seen = Atomics.load(control, 0)
  try {
    if (control[2] === -1) {
      for (let next = receiveMessageOnPort(parentPort); next; next = receiveMessageOnPort(parentPort)) {
        const { kernel, module } = next.message
        functions[kernel] = new WebAssembly.Instance(module, { memory: { memory } }).exports.run
      }
    } else {
      const share = (of) => Math.floor((control[4] * of) / count)
      functions[control[2]](control[3], share(thread), share(thread + 1), thread)
    }
    Atomics.add(control, 1, 1)
  } catch {
    Atomics.store(control, 1, -1000)
  }
  Atomics.notify(control, 1)
}
`
