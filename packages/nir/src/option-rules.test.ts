import { input, linear, sequential } from '@snn/nn'
import { lif } from '@snn/neuron'
import { describe, expect, it } from 'vitest'
import {
  adaptNir,
  compareNirData,
  fromNir,
  fromNirData,
  lint,
  nirFromJson,
  nirToJson,
  readNir,
  readNirData,
  toEvents,
  toNir,
  toNirData,
  toTimeGrid,
  writeNir,
  writeNirData,
  type NirNodeData,
  type TimeGriddedData,
} from './index.js'
import { lintRules } from './lint/lint.js'
import * as rules from './option-rules.js'

type Options = Readonly<Record<string, unknown>>

const net = sequential(input([2]), linear(2, 2), lif({ reset: { to: 0 } }))
net.initialize()
const graph = await toNir(net)
const data = toNirData({ 'lif.spike': { data: Float32Array.of(0, 1), shape: [2, 1, 1] } }, { dt: 1 })
const grid = (data.nodes['lif'] as NirNodeData).observables['spikes'] as TimeGriddedData

/** Everything that takes options: their rules, options that it must have, and a call. */
const calls: Readonly<Record<string, readonly [own: object, needed: Options, call: (options: never) => unknown]>> = {
  readNir: [rules.readNirRules, {}, async (options) => readNir(await writeNir(graph), options)],
  writeNir: [rules.writeNirRules, {}, (options) => writeNir(graph, options)],
  nirToJson: [rules.nirToJsonRules, {}, (options) => nirToJson(graph, options)],
  nirFromJson: [rules.readNirRules, {}, (options) => nirFromJson(nirToJson(graph), options)],
  fromNir: [rules.fromNirRules, { dt: 1e-5 }, (options) => fromNir(graph, options)],
  toNir: [rules.toNirRules, {}, (options) => toNir(net, options)],
  lint: [lintRules, {}, (options) => lint(graph, 'nir', options)],
  adaptNir: [lintRules, {}, (options) => adaptNir(graph, 'nir', options)],
  toNirData: [rules.stepRules, { dt: 1 }, (options) => toNirData({}, options)],
  fromNirData: [rules.stepRules, { dt: 1 }, (options) => fromNirData(data, options)],
  compareNirData: [rules.compareRules, { dt: 1 }, (options) => compareNirData(data, data, options)],
  readNirData: [rules.readNirDataRules, {}, async (options) => readNirData(await writeNirData(data), options)],
  toEvents: [rules.eventRules, {}, (options) => toEvents(grid, options)],
  toTimeGrid: [rules.stepRules, { dt: 1 }, (options) => toTimeGrid(toEvents(grid), options)],
}

const meaningless: Options = {
  file: 7,
  check: 'no',
  repair: 1,
  compression: 'gzip',
  dt: -1,
  as: 'snnTorch',
  surrogate: 'atan',
  roundDelays: 'yes',
  softReset: true,
  ties: 'above',
  foldBatchNorm: 1,
  shapes: { x: 3 },
  tolerance: '0',
  timeShift: '0',
}

const outcome = (call: (options: never) => unknown, options: Options): Promise<unknown> =>
  Promise.resolve()
    .then(() => call(options as never))
    .then(
      () => undefined,
      (error: unknown) => error,
    )

describe.each(Object.entries(calls))('options of %s', (name, [own, needed, call]) => {
  it('are taken, and none that is misspelled or means nothing', async () => {
    expect(await outcome(call, needed)).toBeUndefined()
    expect(await outcome(call, { ...needed, wieghts: 1 })).toMatchObject({
      code: 'ARGUMENT',
      message: expect.stringMatching(new RegExp(`^\\[${name}\\] unknown option 'wieghts', expected one of `)) as string,
    })
    for (const option of Object.keys(own)) {
      expect(await outcome(call, { ...needed, [option]: meaningless[option] }), option).toMatchObject({
        code: 'ARGUMENT',
        details: { name: option },
        message: expect.stringMatching(/expected /) as string,
      })
    }
    for (const option of Object.keys(needed))
      expect(await outcome(call, {})).toMatchObject({ code: 'ARGUMENT', details: { name: option } })
  })
})
