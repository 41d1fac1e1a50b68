import { spins } from '../machine.js'

/**
 * The functions of compiled objects, as their callers declare them: where memory begins, and what a kernel takes; see
 * `printUnit` of @snn/codegen.
 */
export const nativeFunction = {
  name: 'kernel',
  result: 'void',
  parameters: ['uintptr_t', 'intptr_t', 'intptr_t', 'intptr_t', 'intptr_t'],
} as const

/**
 * What a worker thread runs, as text, so that no bundler has to find a file. It waits for a change of the sequence
 * number, spinning for a moment before it sleeps; see `threads.ts` for the words of the control block.
 */
export const workerSource = `
const { parentPort, receiveMessageOnPort, workerData } = require('node:worker_threads')
const { memory, is64, control, argsOffset, thread, library } = workerData
const Words = is64 ? Float64Array : Uint32Array
const args = new Float64Array(control.buffer, argsOffset, 1)
const functions = []
const sessions = new Map()
const [sequence, open, active, finished, failed, kernel, blocks, share, next, refused] = control.keys()
let seen = -1
function loadNative({ native, kernels, ffi }) {
  try {
    const library = require(ffi).load(native)
    const made = kernels.map((_, i) => library.func('${nativeFunction.name}' + i, '${nativeFunction.result}', ${JSON.stringify(nativeFunction.parameters)}))
    // memory that threads share stays where it is
    const address = Number(require(ffi).address(new Uint8Array(memory.buffer)))
    kernels.forEach((kernel, i) => (functions[kernel] = (...given) => made[i](address, ...given)))
  } catch {
    Atomics.add(control, refused, 1)
  }
}
async function load({ kernel, module, native, kernels, ffi, session, release, model, options, inputs, outputs, end }) {
  if (native) loadNative({ native, kernels, ffi })
  else if (module) functions[kernel] = new WebAssembly.Instance(module, { memory: { memory } }).exports.run
  else if (model) {
    // what fails here fails in the thread that asks, too, which says why
    const created = await require(library).InferenceSession.create(model, options).catch(() => undefined)
    if (created) sessions.set(session, { session: created, inputs, outputs, end })
  } else {
    await sessions.get(release)?.session.release()
    sessions.delete(release)
  }
}
function tensor({ sizes, isMoving }, place, first, count) {
  const length = sizes.reduce((product, size) => product * size, 1)
  const data = isMoving ? new Float32Array(memory.buffer, place + 4 * length * first, length * count) : new Float32Array(memory.buffer, place, length)
  return new (require(library).Tensor)('float32', data, isMoving ? [count, ...sizes] : sizes)
}
async function runSession() {
  const words = (from, length) => new Words(memory.buffer, args[0], from + length).subarray(from)
  const { session, inputs, outputs, end } = sessions.get(words(0, 1)[0])
  const places = words(1, inputs.length + outputs.length)
  const [images, step] = [control[blocks], control[share]]
  for (let first = Atomics.add(control, next, step); first < images; first = Atomics.add(control, next, step)) {
    const some = (values, from) => Object.fromEntries(values.map((value, i) => [value.name, tensor(value, places[from + i], first, Math.min(step, images - first))]))
    const fetches = some(outputs, inputs.length)
    try {
      await session.run(some(inputs, 0), end === undefined ? fetches : { ...fetches, [end.marker]: null })
    } catch (error) {
      if (end === undefined || error.message !== end.message) throw error
    }
  }
}
async function work() {
  if (control[kernel] === -1) {
    for (let message = receiveMessageOnPort(parentPort); message; message = receiveMessageOnPort(parentPort)) await load(message.message)
  } else if (control[kernel] === -2) await runSession()
}
function runKernel() {
  const run = functions[control[kernel]]
  const [end, step] = [control[blocks], control[share]]
  const some = (first) => { if (first < end) run(args[0], first, Math.min(first + step, end), thread) }
  if (control[next] < 0) return some(thread * step)
  for (let first = Atomics.add(control, next, step); first < end; first = Atomics.add(control, next, step)) some(first)
}
function loadsLibrary() {
  try {
    return require(library).InferenceSession !== undefined
  } catch {
    return false
  }
}
async function main() {
  parentPort.postMessage({ hasLibrary: library !== undefined && loadsLibrary() })
  for (;;) {
    for (let spins = 0; Atomics.load(control, sequence) === seen; spins++) if (spins > ${spins}) Atomics.wait(control, sequence, seen)
    seen = Atomics.load(control, sequence)
    Atomics.add(control, active, 1)
    if (Atomics.load(control, open) === seen) {
      try {
        if (control[kernel] < 0) await work()
        else runKernel()
      } catch {
        Atomics.store(control, failed, 1)
      }
      Atomics.add(control, finished, 1)
    }
    Atomics.sub(control, active, 1)
    Atomics.notify(control, active)
  }
}
main()
`
