import { SnnError, sizeOf } from '@snn/tensor'
import { checkArrayLike, wrongArgument } from '@snn/tensor/library'
import type { RunningProcess } from './process.js'
import { shapeOf, start, wiring, type ProcessGraph } from './process-graph.js'

/** A process as it stands after a step. The arrays are those of the simulator: copy what is to be kept. */
export interface ProcessValues {
  /** What it sent in this step. */
  readonly out: Int32Array
  readonly state: Readonly<Record<string, Int32Array>>
}

/** Lava's CPU simulation in fixed point, one step after the other, in plain integers. */
export interface Simulator {
  /** Runs one step on what the source sends (all zeros where nothing is given), C, H, W. */
  step(input?: ArrayLike<number>): void
  /** Steps that have run. Lava's own count, which resets go by, is one larger during a step. */
  readonly steps: number
  readonly processes: ReadonlyMap<string, ProcessValues>
}

/**
 * Starts processes that are wired to each other. This is the specification that every faster form is held against.
 *
 * @throws `ARGUMENT` for connections to what is not there, `SHAPE` where sizes do not fit
 */
export function simulator(graph: ProcessGraph): Simulator {
  const { edges, order } = wiring(graph)
  const input = new Int32Array(sizeOf(graph.inputShape))
  const running = new Map(graph.processes.map(({ name, process }) => [name, start(process)]))
  const outOf = (name: string): Int32Array => (name === 'input' ? input : running.get(name)!.out)
  const sums = new Map<RunningProcess, (() => void)[]>()
  for (const { name, process } of graph.processes) {
    const target = running.get(name)!
    for (const port of Object.keys(target.inputs)) {
      const sources = edges
        .filter((edge) => edge.target === name && edge.port === port)
        .map((edge) => outOf(edge.source))
      const into = target.inputs[port]!
      for (const source of sources)
        if (source.length !== into.length)
          throw new SnnError(
            'SHAPE',
            `[simulate] ${name}.${port} takes ${into.length} numbers, got ${source.length}.`,
            { shapes: [[source.length], shapeOf(process)] },
          )
      if (sources.length === 1) target.inputs[port] = sources[0]! // the very array that the source writes
      else if (sources.length > 1) sums.set(target, [...(sums.get(target) ?? []), () => addUp(into, sources)])
    }
    const strange = edges.find((edge) => edge.target === name && !(edge.port in target.inputs))
    if (strange)
      throw new SnnError(
        'ARGUMENT',
        `[simulate] ${name} (${process.type}) has no port '${strange.port}', expected ${Object.keys(target.inputs).join(' or ')}.`,
        { name: 'connections', value: strange.port },
      )
  }
  const inOrder = order.map(({ name }) => running.get(name)!)
  let steps = 0
  return {
    get steps() {
      return steps
    },
    processes: running,
    step(sent) {
      if (sent === undefined) input.fill(0)
      else if (checkWhole(sent).length !== input.length)
        throw new SnnError(
          'SHAPE',
          `[simulate] an input of ${sent.length} numbers, expected ${input.length} ([${graph.inputShape.join(',')}]).`,
          { shapes: [[sent.length], graph.inputShape] },
        )
      else input.set(sent)
      steps++
      for (const process of inOrder) {
        if (!process.receive) for (const sum of sums.get(process) ?? []) sum()
        process.send(steps)
      }
      for (const process of inOrder) {
        if (!process.receive) continue
        for (const sum of sums.get(process) ?? []) sum()
        process.receive()
      }
    },
  }
}

/** What a source sends are whole numbers, mostly events of the size 1. */
function checkWhole(sent: ArrayLike<number>): ArrayLike<number> {
  checkArrayLike('simulate', sent, 'input')
  for (let i = 0; i < sent.length; i++) {
    const value = sent[i]!
    if (value !== (value | 0)) throw wrongArgument('simulate', `input[${i}]`, value, 'a whole number of 32 bits')
  }
  return sent
}

function addUp(into: Int32Array, sources: readonly Int32Array[]): void {
  into.set(sources[0]!)
  for (const source of sources.slice(1)) for (let i = 0; i < into.length; i++) into[i] = into[i]! + source[i]!
}
