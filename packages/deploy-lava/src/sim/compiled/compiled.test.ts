import { sizeOf, reference, type Backend, isSnnError } from '@snn/tensor'
import { cpu } from '@snn/backend-cpu'
import { describe, expect, it } from 'vitest'
import { readIndex, readRecorded } from '../../../test/recorded.js'
import { sharedData } from '../../../../datasets/test/shared-data.js'
import { compileSimulator } from './compile-simulator.js'

const folder = sharedData('lava/fuzz')

describe('the compiled form gives what real Lava gave', () => {
  it.skipIf(!folder).each(['reference', 'cpu'])(
    'in pieces of several lengths, on %s',
    { timeout: 600_000 },
    async (name) => {
      const backend: Backend = name === 'cpu' ? await cpu({ threads: 1 }) : reference()
      const index = readIndex(folder!).filter((_, i) => name === 'cpu' || i % 4 === 0)
      for (const entry of index) {
        const { T, graph, input, outputs, states } = await readRecorded(folder!, entry)
        const size = sizeOf(graph.inputShape)
        let run
        try {
          run = compileSimulator(graph, { backend, record: [...outputs.keys()] })
        } catch (error) {
          if (!isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
          console.log(entry.name, error.message)
          continue
        }
        const first = Math.floor(T / 3)
        const pieces: Readonly<Record<string, Int32Array>>[] = []
        for (const [from, to] of [
          [0, first],
          [first, T],
        ] as const) {
          pieces.push(
            await run.run({
              data: input?.subarray(from * size, to * size) ?? new Int32Array((to - from) * size),
              shape: [to - from, 1, ...graph.inputShape],
            }),
          )
        }
        for (const [process, expected] of outputs) {
          expect(
            { process, data: Int32Array.from(pieces.flatMap((piece) => [...piece[process]!])) },
            entry.name,
          ).toEqual({ process, data: expected })
        }
        for (const [path, expected] of states) {
          const dot = path.lastIndexOf('.')
          expect((await run.state(path.slice(0, dot)))[path.slice(dot + 1)], `${entry.name} ${path}`).toEqual(expected)
        }
        await run[Symbol.asyncDispose]()
      }
      await backend.dispose()
    },
  )
})
