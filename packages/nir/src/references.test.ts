import { compile, reference, type HostTensor, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { sharedFile, sharedPath } from '../test/shared-data.js'
import { fromNir, readNir, type DiscretisationName } from './index.js'

const available = sharedPath('nir/reference') !== undefined

/** The published response of a tool: input, voltage and spike of each step. */
function response(name: string): {
  readonly input: Float32Array
  readonly v: Float32Array
  readonly spike: Float32Array
} {
  const rows = new TextDecoder()
    .decode(sharedFile(`nir/reference/lif_${name}.csv`))
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number))
  const column = (i: number): Float32Array => Float32Array.from(rows, (row) => row[i]!)
  return { input: column(0), v: column(1), spike: column(2) }
}

async function run(
  file: string,
  as: DiscretisationName,
  input: Float32Array,
): Promise<{ readonly spike: HostTensor; readonly v: HostTensor }> {
  const net = fromNir(await readNir(sharedFile(`nir/${file}.nir`), { repair: true }), { dt: 1e-4, as })
  const neuron = net.nodes.find(({ layer }) => layer.kind.startsWith('nir'))!.name
  const all = compile(
    (x: Tensor) => {
      const { outputs, recorded } = net.run('sequence', x, { record: [`${neuron}.v`] })
      return { spike: outputs['output']!, v: recorded[`${neuron}.v`]! }
    },
    { backend: reference() },
  )
  return all({ data: input, shape: [input.length, 1, 1] })
}

const rows = (spikes: ArrayLike<number>): number[] => Array.from(spikes).flatMap((spike, t) => (spike > 0 ? [t] : []))

describe.skipIf(!available)('published responses of one LIF (NIR paper, figure 2)', () => {
  it.each([
    // of each: where the file counts v in other units, and how exactly it prints
    ['exact', 'exact', 1, 2e-7, [460, 510, 710, 760]],
    ['norse', 'norse', 1, 2e-7, [460, 510, 710, 760]],
    ['euler', 'norse', 1, 2e-7, [460, 510, 710, 760]],
    ['snntorch', 'snntorch', 25, 1e-5, [460, 510, 710, 760]],
    ['sinabs', 'sinabs', 1, 2e-7, [450, 500, 710, 760]],
    ['rockpool', 'rockpool', 1, 2e-7, [450, 500, 710, 760]],
    ['spikingjelly', 'norse', 1, 2e-7, [460, 510, 710, 760]],
    ['lava', 'norse', 1, 2e-7, [460, 510, 710, 760]],
  ] as const)('as %s: the spikes and voltages of %s', async (as, name, unit, tolerance, spikes) => {
    const { input, v, spike } = response(name)
    const out = await run('lif_norse', as, input)
    expect(rows(spike)).toEqual(spikes)
    expect(rows(out.spike.data)).toEqual(spikes)
    const worst = Math.max(...v.map((value, t) => Math.abs(out.v.data[t]! * unit - value)))
    expect(worst).toBeLessThan(tolerance)
  })
})
