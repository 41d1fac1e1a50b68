import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { largestDifference, randomTensor, runOrt, type Ran } from '../test/ort.js'
import { sharedModels } from '../test/shared-models.js'
import { substitute } from './dim.js'
import type { OnnxGraph, OnnxModelSpec, OnnxTensor } from './graph.js'
import { readOnnx } from './read/read.js'
import { writeOnnx } from './write.js'

/** The model with every value that a node makes as an output. */
function withAllOutputs(graph: OnnxGraph): OnnxModelSpec {
  const made = graph.nodes.flatMap((n) => n.outputs).filter((name) => name !== '')
  return { ...graph, outputs: made.map((name) => graph.values.get(name)!) }
}

function numbers(shape: readonly (number | string)[], symbol: string, by: number): number[] {
  return shape.map((d) => substitute(d, symbol, by) as number)
}

/** The first `rows` rows of a tensor. */
function head({ shape, data }: OnnxTensor<'float32'>, from: number, rows: number): OnnxTensor<'float32'> {
  const row = data.length / shape[0]!
  return { dtype: 'float32', shape: [rows, ...shape.slice(1)], data: data.slice(from * row, (from + rows) * row) }
}

describe.skipIf(sharedModels.length === 0)('third-party models', () => {
  it.each(sharedModels)('%s: shapes and values agree with ONNX Runtime', async (_, path) => {
    const bytes = readFileSync(path)
    const graph = readOnnx(bytes)
    expect(graph.unsupported).toEqual([])
    const input = graph.inputs[0]!
    const symbol = input.shape![0] as string
    expect(typeof symbol).toBe('string')

    // The batch that the original file accepts, and a multiple of it through the graph with the free batch.
    const fixed = readOnnx(bytes, { batch: 'keep' }).inputs[0]!.shape![0]!
    const own = typeof fixed === 'number' ? fixed : 2
    const runs = 2
    const x = randomTensor(numbers(input.shape!, symbol, own * runs))
    const all = await runOrt(writeOnnx(withAllOutputs(graph)), { [input.name]: x })
    for (const [name, { dims }] of Object.entries(all)) {
      expect([name, ...numbers(graph.values.get(name)!.shape!, symbol, own * runs)]).toEqual([name, ...dims])
    }
    expect(Object.keys(all).length).toBe(graph.nodes.reduce((n, node) => n + node.outputs.filter(Boolean).length, 0))

    for (let run = 0; run < runs; run++) {
      const original = await runOrt(bytes, { [input.name]: head(x, run * own, own) })
      for (const { name } of graph.outputs) {
        const ours = all[name]!
        const row = ours.data.length / (own * runs)
        const part = Array.prototype.slice.call(ours.data, run * own * row, (run + 1) * own * row)
        expect(largestDifference(part, (original[name] as Ran).data)).toBeLessThan(1e-4)
      }
    }
  })

  it.each(sharedModels)('%s: writing and reading again gives the same graph', (_, path) => {
    const graph = readOnnx(readFileSync(path))
    const again = readOnnx(writeOnnx(graph))
    expect(again.nodes).toEqual(graph.nodes)
    expect(again.inputs).toEqual(graph.inputs)
    expect(again.outputs).toEqual(graph.outputs)
    expect(again.values).toEqual(graph.values)
    expect(again.constants).toEqual(graph.constants)
    expect(writeOnnx(again)).toEqual(writeOnnx(readOnnx(writeOnnx(again))))
  })

  it('10 MB are read in well under a second', () => {
    const [, path] =
      sharedModels.find(([name]) => name.includes('mobilenet')) ?? expect.fail('the mobilenet model is missing')
    const bytes = readFileSync(path)
    const start = performance.now()
    readOnnx(bytes)
    expect(performance.now() - start).toBeLessThan(500)
  })
})
