import { integrateAndFire } from '@snn/neuron'
import { input, linear, sequential } from '@snn/nn'
import { reference } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import {
  checkExportable,
  chipNetwork,
  exportNet,
  exportProcesses,
  hasBranches,
  readNet,
  resources,
  writeNet,
} from './index.js'
import { exportNetRules } from './export/export-net.js'
import { readNetRules } from './net/read-net.js'
import { networkRules } from './netx/load-network.js'
import { compileSimulatorRules } from './sim/compiled/compile-simulator.js'
import { stepsRules } from './sim/steps.js'
import { chipNetworkRules } from './train/chip-network.js'
import { compileSimulator, loadNetwork, steps } from './sim.js'

type Options = Readonly<Record<string, unknown>>

const net = sequential(input([2]), linear(2, 2), integrateAndFire())
net.initialize({ seed: 1 })
const { net: file } = await exportNet(net)
const graph = loadNetwork(file)

async function walk(options: Options): Promise<void> {
  for await (const { t } of steps(graph, [[1, 0]], options)) expect(t).toBe(0)
}

/** Everything that takes options: their rules, options that it must have, and a call. */
const calls: Readonly<Record<string, readonly [own: object, needed: Options, call: (options: never) => unknown]>> = {
  exportNet: [exportNetRules, {}, (options) => exportNet(net, options)],
  exportProcesses: [exportNetRules, {}, (options) => exportProcesses(net, options)],
  chipNetwork: [chipNetworkRules, {}, (options) => chipNetwork(net, options)],
  checkExportable: [exportNetRules, {}, (options) => checkExportable(net, options)],
  hasBranches: [exportNetRules, {}, (options) => hasBranches(net, options)],
  loadNetwork: [networkRules, {}, (options) => loadNetwork(file, options)],
  steps: [stepsRules, {}, (options) => walk(options)],
  compileSimulator: [
    compileSimulatorRules,
    { record: [graph.blocks[0]!.neuron] },
    (options) =>
      compileSimulator(graph, {
        ...(options as { readonly record: readonly string[] }),
        ...(Object.hasOwn(options, 'backend') ? {} : { backend: reference() }),
      }),
  ],
  readNet: [readNetRules, {}, (options) => readNet(writeNet(file), options)],
}

const meaningless: Options = {
  weightBits: '8',
  percentile: '99',
  decay: { iDecay: 4096, foo: 1 },
  approximate: ['x'],
  steps: '8',
  readoutRange: 'x',
  encoder: 7,
  out: 7,
  latency: 'no',
  surrogate: 'atan',
  numLayers: 'all',
  skipLayers: '1',
  inputMessageBits: 'x',
  inputShape: 7,
  resetInterval: '8',
  resetOffset: 'x',
  spikeExponent: '6',
  inputBias: 'x',
  record: 'neuron',
  backend: 'cpu',
  chunk: '32',
  signal: new AbortController(),
  batch: '2',
  inputBound: 'x',
  file: 7,
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
    for (const wrong of ['weightbits', 'percentil', 'bits']) {
      expect(await outcome(call, { ...needed, [wrong]: 1 })).toMatchObject({
        code: 'ARGUMENT',
        message: expect.stringMatching(
          new RegExp(`^\\[${name}\\] unknown option '${wrong}', expected one of `),
        ) as string,
      })
    }
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

it('resources take the options of the loader', async () => {
  expect(await outcome((options) => resources(file, options), { skiplayers: 1 })).toMatchObject({ code: 'ARGUMENT' })
})
