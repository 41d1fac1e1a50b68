import { reference } from '@snn/tensor'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileSimulator } from './compiled/compile-simulator.js'
import type { ProcessGraph, Neuron, Synapse } from './process-graph.js'
import { simulator } from './simulator.js'
import { steps } from './steps.js'

/** Outputs and states of one neuron that gets these inputs. */
function runNeuron(
  process: Neuron,
  inputs: readonly number[],
  port = 'a_in',
): { out: number[]; state: Record<string, number[]> } {
  const run = simulator({ inputShape: [1], processes: [{ name: 'n', process }], connections: [['input', `n.${port}`]] })
  const out: number[] = []
  const state: Record<string, number[]> = {}
  for (const input of inputs) {
    run.step([input])
    const { out: sent, state: now } = run.processes.get('n')!
    out.push(sent[0]!)
    for (const [key, value] of Object.entries(now)) (state[key] ??= []).push(value[0]!)
  }
  return { out, state }
}

function runSynapse(process: Synapse, inputs: readonly (readonly number[])[], shape = [inputs[0]!.length]): number[][] {
  const run = simulator({ inputShape: shape, processes: [{ name: 's', process }], connections: [['input', 's.s_in']] })
  return inputs.map((input) => {
    run.step(input)
    return [...run.processes.get('s')!.out]
  })
}

it('takes whole numbers alone', () => {
  const sigma = { name: 'n', process: { type: 'Sigma', shape: [2] } } as const
  const run = simulator({ inputShape: [2], processes: [sigma], connections: [['input', 'n.a_in']] })
  for (const junk of [null, 'ab', [0.5, 1], [NaN, 0], ['1', 0], [1, undefined], [2 ** 31, 0]])
    expect(() => run.step(junk as number[]), String(junk)).toThrow(expect.objectContaining({ code: 'ARGUMENT' }))
  expect(run.steps).toBe(0)
  run.step([2 ** 31 - 1, -(2 ** 31)])
  expect([...run.processes.get('n')!.out]).toEqual([2 ** 31 - 1, -(2 ** 31)])
})

/** All by hand from the equations at the head of each process. */
describe('processes', () => {
  it('LIF halves u and v, toward zero, and fires above the threshold only', () => {
    const lif = { type: 'LIF', shape: [1], du: 2047, dv: 2048, vth: 2 } as const
    // u: 64, 32, 16, 8;  v: 64, 64, 48, 32
    expect(runNeuron(lif, [1, 0, 0, 0])).toEqual({
      out: [0, 0, 0, 0],
      state: { u: [64, 32, 16, 8], v: [64, 64, 48, 32] },
    })
    // v = 128 is the threshold; 129 is above.
    expect(runNeuron({ ...lif, dv: 0, du: 4095 }, [2, 0]).out).toEqual([0, 0])
    expect(runNeuron({ ...lif, dv: 0, du: 4095, bias_mant: 1 }, [2, 0])).toEqual({
      out: [1, 0],
      state: { u: [128, 0], v: [0, 1] },
    })
    expect(runNeuron({ ...lif, u: -3, v: -5 }, [0]).state).toEqual({ u: [-1], v: [-3] })
  })

  it('LIF wraps u once and clips v', () => {
    const lif = { type: 'LIF', shape: [1], du: 4095, dv: 4096, vth: 131071 } as const
    expect(runNeuron(lif, [2 ** 17, 2 ** 17 + 1, -(2 ** 17)]).state['u']).toEqual([2 ** 23, -(2 ** 23) + 64, 2 ** 23])
    expect(runNeuron({ ...lif, vth: 131072 }, [2 ** 17]).state['v']).toEqual([2 ** 23 - 1])
    expect(runNeuron({ ...lif, bias_mant: 40000, bias_exp: 1 }, [0]).state['v']).toEqual([2 * (40000 - 65536)])
    expect(runNeuron({ ...lif, bias_mant: -3, bias_exp: -1 }, [0]).state['v']).toEqual([-2])
  })

  it('LIFReset clears at the start of step t = offset mod interval, counted from 1', () => {
    const reset = {
      type: 'LIFReset',
      shape: [1],
      du: -1,
      dv: 0,
      vth: 1000,
      reset_interval: 3,
      reset_offset: 5,
    } as const
    expect(runNeuron(reset, [1, 0, 0, 0, 0]).state['u']).toEqual([64, 0, 0, 0, 0])
    expect(runNeuron(reset, [1, 1, 1, 1, 1]).state['u']).toEqual([64, 64, 128, 192, 64])
  })

  it('TernaryLIF fires both ways', () => {
    expect(
      runNeuron({ type: 'TernaryLIF', shape: [1], du: 4095, dv: 0, vth_hi: 2, vth_lo: -1 }, [3, -1, -1, 2]),
    ).toEqual({ out: [1, 0, -1, 0], state: { u: [192, -64, -64, 128], v: [0, -64, 0, 128] } })
  })

  it('Delta sends changes from the threshold on, and keeps the rest', () => {
    expect(runNeuron({ type: 'Delta', shape: [1], vth: 3 }, [2, 5, 5, 1])).toMatchObject({
      out: [0, 5, 0, -4],
      state: { act: [2, 5, 5, 1], residue: [2, 0, 0, 0] },
    })
    expect(runNeuron({ type: 'Delta', shape: [1], vth: 4, cum_error: true }, [2, 3, 3]).state['error']).toEqual([
      2, 0, 0,
    ])
    expect(runNeuron({ type: 'Delta', shape: [1], vth: 1, spike_exp: 2, state_exp: 1 }, [3]).out).toEqual([12])
  })

  it('SigmaDelta sums, rectifies and sends changes; Sigma sums', () => {
    const process = { type: 'SigmaDelta', shape: [1], vth: 2, bias: 1 } as const
    expect(runNeuron(process, [4, -9, 3, 4])).toMatchObject({ out: [5, -5, 0, 3], state: { sigma: [4, -5, -2, 2] } })
    expect(runNeuron({ ...process, act_mode: 'UNIT' }, [4, -9]).out).toEqual([5, -9])
    expect(runNeuron({ type: 'Sigma', shape: [1] }, [4, -9, 2]).out).toEqual([4, -5, -3])
  })

  it('resonators turn: RF fires at phase 0, RF_IZ at the threshold', () => {
    // A quarter turn a step: (re, im) -> (-im, re), at half the size.
    const turn = { shape: [1], cos_decay: 0, sin_decay: 2048, vth: 3, decay_bits: 12 } as const
    expect(runNeuron({ type: 'RF', ...turn }, [64, 0, 0, 0, 0], 'a_real_in')).toEqual({
      out: [0, 0, 0, 0, 1],
      state: { real: [64, 0, -16, 0, 4], imag: [0, 32, 0, -8, 0] },
    })
    expect(runNeuron({ type: 'RF_IZ', ...turn }, [64, 0, 0], 'a_real_in')).toEqual({
      out: [0, 1, 0],
      state: { real: [64, 0, -1], imag: [0, 2, 0] },
    })
    expect(runNeuron({ type: 'RFZero', shape: [1], lct: 0, lst: 2 ** 14, uth: 3 }, [64, 0, 0, 0, 0], 'u_in')).toEqual({
      out: [0, 0, 0, 0, 4],
      state: { u: [64, 0, -16, 0, 4], v: [0, 32, 0, -8, 0] },
    })
  })

  it('Dense sends a step later, counts spikes or multiplies values, and shifts', () => {
    const dense = { type: 'Dense', weights: [3, -5, 100, 7], shape: [2, 2], num_weight_bits: 9 } as const
    expect(
      runSynapse(dense, [
        [1, 0],
        [7, -1],
        [0, 0],
      ]),
    ).toEqual([
      [0, 0],
      [3, 100],
      [-2, 107],
    ])
    expect(
      runSynapse({ ...dense, num_message_bits: 8 }, [
        [2, -1],
        [0, 0],
      ]),
    ).toEqual([
      [0, 0],
      [11, 193],
    ])
    expect(
      runSynapse({ ...dense, weight_exp: -1 }, [
        [0, 1],
        [0, 0],
      ])[1],
    ).toEqual([-3, 3])
    expect(
      runSynapse({ ...dense, weight_exp: 2 }, [
        [0, 1],
        [0, 0],
      ])[1],
    ).toEqual([-20, 28])
    // 8 bits with a sign: even weights, rounded down; of one sign only: all.
    expect(
      runSynapse({ ...dense, num_weight_bits: 8 }, [
        [1, 1],
        [0, 0],
      ])[1],
    ).toEqual([2 - 6, 100 + 6])
    expect(
      runSynapse({ ...dense, weights: [-256, -3, -1, -2], num_weight_bits: 8 }, [
        [1, 0],
        [0, 0],
      ])[1],
    ).toEqual([-255, -1])
    expect(
      runSynapse({ ...dense, sign_mode: 'EXCITATORY', num_weight_bits: 8 }, [
        [0, 1],
        [0, 0],
      ])[1],
    ).toEqual([0, 7])
  })

  it('DelayDense holds back, and shifts each delay alone', () => {
    const delayed = { type: 'DelayDense', weights: [3, 4], delays: [0, 2], shape: [1, 2] } as const
    expect(
      runSynapse(delayed, [
        [1, 1],
        [0, 1],
        [0, 0],
        [0, 0],
        [0, 0],
      ]).flat(),
    ).toEqual([0, 3, 0, 4, 4])
    expect(
      runSynapse({ ...delayed, delays: [1, 0], weights: [3, 3], weight_exp: -1 }, [
        [1, 0],
        [0, 1],
        [0, 0],
      ]).flat(),
    ).toEqual([0, 0, 2])
  })

  it('Conv correlates, with stride, padding, dilation and groups, and wraps to 24 bits', () => {
    const plain = {
      type: 'Conv',
      input_shape: [1, 2, 3],
      weight: [1, 2, 3, 4],
      weight_shape: [1, 1, 2, 2],
      stride: [1, 1],
      padding: [0, 0],
      dilation: [1, 1],
      groups: 1,
    } as const
    expect(
      runSynapse(
        plain,
        [
          [1, 0, 1, 0, 1, 0],
          [0, 0, 0, 0, 0, 0],
        ],
        [1, 2, 3],
      )[1],
    ).toEqual([1 + 4, 2 + 3])
    expect(
      runSynapse(
        { ...plain, padding: [1, 1], stride: [2, 2] },
        [
          [1, 0, 1, 0, 1, 0],
          [0, 0, 0, 0, 0, 0],
        ],
        [1, 2, 3],
      )[1],
    ).toEqual([4, 4, 0, 1])
    const graded = {
      ...plain,
      input_shape: [2, 1, 1],
      weight: [2 ** 20, 5],
      weight_shape: [2, 1, 1, 1],
      groups: 2,
      num_message_bits: 8,
    } as const
    expect(
      runSynapse(
        graded,
        [
          [9, -2],
          [0, 0],
        ],
        [2, 1, 1],
      )[1],
    ).toEqual([9 * 2 ** 20 - 2 ** 24, -10])
  })
})

describe('simulator', () => {
  const graph: ProcessGraph = {
    inputShape: [1],
    processes: [{ name: 'n', process: { type: 'Sigma', shape: [1] } }],
    connections: [['input', 'n.a_in']],
  }
  it('refuses what is not there', () => {
    expect(() => simulator({ ...graph, connections: [['x', 'n.a_in']] })).toThrow("'x' is no process")
    expect(() => simulator({ ...graph, connections: [['input', 'n.s_in']] })).toThrow(
      "n (Sigma) has no port 's_in', expected a_in",
    )
    expect(() => simulator({ ...graph, inputShape: [2] })).toThrow('n.a_in takes 1 numbers, got 2')
    expect(() => simulator({ ...graph, connections: [['n', 'n.a_in']] })).toThrow('a synapse in each cycle')
    expect(() => simulator(graph).step([1, 2])).toThrow('an input of 2 numbers')
  })

  it('steps are the same plain and compiled, whatever the chunk', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 5 }),
        async (inputs, chunk) => {
          const collect = async (options: object): Promise<number[]> => {
            const out: number[] = []
            for await (const { t, recorded } of steps(
              graph,
              inputs.map((x) => [x]),
              options,
            ))
              out[t] = recorded.get('n')![0]!
            return out
          }
          expect(await collect({ backend: reference(), chunk })).toEqual(await collect({}))
        },
      ),
      { numRuns: 20 },
    )
    await expect(steps(graph, [[0.5]]).next()).rejects.toThrow('an input holds 0.5')
    await expect(steps(graph, [[1]], { record: ['x'] }).next()).rejects.toThrow("no process 'x' to record")
  })

  it('the compiled form is the plain one for any recurrent layer and any batch', { timeout: 120_000 }, async () => {
    const weight = fc.integer({ min: -300, max: 300 })
    await fc.assert(
      fc.asyncProperty(
        fc.array(weight, { minLength: 4, maxLength: 4 }),
        fc.array(weight, { minLength: 4, maxLength: 4 }),
        fc.nat(4096),
        fc.nat(4096),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: -6, max: 6 }),
        fc.boolean(),
        fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 32, maxLength: 32 }),
        async (forward, back, du, dv, vth, exponent, graded, inputs) => {
          const recurrent: ProcessGraph = {
            inputShape: [2],
            processes: [
              {
                name: 'in',
                process: {
                  type: 'Dense',
                  weights: forward,
                  shape: [2, 2],
                  weight_exp: exponent,
                  num_message_bits: graded ? 8 : 0,
                },
              },
              { name: 'back', process: { type: 'DelayDense', weights: back, delays: [0, 1, 2, 0], shape: [2, 2] } },
              {
                name: 'n',
                process: {
                  type: 'LIFReset',
                  shape: [2],
                  du: du - 1,
                  dv,
                  vth,
                  bias_mant: [3, -4],
                  bias_exp: 3,
                  reset_interval: 5,
                  reset_offset: 2,
                },
              },
            ],
            connections: [
              ['input', 'in.s_in'],
              ['in.a_out', 'n.a_in'],
              ['n.s_out', 'back.s_in'],
              ['back.a_out', 'n.a_in'],
            ],
          }
          const compiled = compileSimulator(recurrent, { backend: reference(), record: ['n', 'in'], batch: 2 })
          const sent = await compiled.run({ data: Int32Array.from(inputs), shape: [8, 2, 2] })
          const states = await compiled.state('n')
          for (let sample = 0; sample < 2; sample++) {
            const run = simulator(recurrent)
            for (let t = 0; t < 8; t++) {
              run.step(inputs.slice((t * 2 + sample) * 2, (t * 2 + sample) * 2 + 2))
              for (const name of ['n', 'in'])
                expect(sent[name]!.slice((t * 2 + sample) * 2, (t * 2 + sample) * 2 + 2)).toEqual(
                  run.processes.get(name)!.out,
                )
            }
            for (const key of ['u', 'v'])
              expect(states[key]!.slice(sample * 2, sample * 2 + 2)).toEqual(run.processes.get('n')!.state[key])
          }
        },
      ),
      { numRuns: 40 },
    )
  })
})
