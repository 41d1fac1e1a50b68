import { integrateAndFire } from '@snn/neuron'
import { compile, oneHot, reference, tensor, variable, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { firstSpikeIndex, redundantOneHot, sequential, setThresholdMargin } from './index.js'

const backend = reference()

describe('firstSpikeIndex', () => {
  it('is true at the first spike of each neuron', async () => {
    const spikes = tensor({ data: Float32Array.of(0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0), shape: [4, 3] })
    const first = firstSpikeIndex(spikes)
    expect(first.dtype).toBe('bool')
    expect([...(await first.data())]).toEqual([0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    expect(() => firstSpikeIndex(tensor(1))).toThrow('[firstSpikeIndex] spikes of shape [], expected [T,..]')
  })
})

describe('redundantOneHot', () => {
  it('gives each class several neurons', async () => {
    const codes = redundantOneHot(tensor([2, 0], { dtype: 'int32' }), 3, 2)
    expect(codes.shape).toEqual([2, 6])
    expect([...(await codes.data())]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0])
    expect(() => redundantOneHot(tensor([1]), 3, 0)).toThrow('[redundantOneHot] size 0')
  })
})

describe('setThresholdMargin', () => {
  it('raises the threshold of the label in training', async () => {
    const threshold = variable({ data: new Float32Array(6).fill(1), shape: [2, 3] }, { name: 'threshold' })
    const net = sequential(integrateAndFire({ threshold }))
    const run = compile(
      (x: Tensor, labels: Tensor, training: boolean) => {
        setThresholdMargin(threshold, oneHot(labels, 3), { training })
        return net.step(x, { training })[0]
      },
      { backend },
    )
    const [x, labels] = [
      { data: new Float32Array(6).fill(1.05), shape: [2, 3] },
      { data: Int32Array.of(1, 2), shape: [2] },
    ]
    expect([...(await run(x, labels, true)).data]).toEqual([1, 0, 1, 1, 1, 0])
    expect(await threshold.data()).toEqual(Float32Array.of(0.9, 1.1, 0.9, 0.9, 0.9, 1.1))
    expect([...(await run(x, labels, false)).data]).toEqual(Array(6).fill(1))
    expect(await threshold.data()).toEqual(new Float32Array(6).fill(1))
  })

  it('wants finite thresholds, and labels of the shape of the Variable', async () => {
    const threshold = variable({ data: new Float32Array(6), shape: [2, 3] }, { name: 'threshold' })
    expect(() => setThresholdMargin(threshold, tensor([1]), { label: NaN })).toThrow(
      '[setThresholdMargin] label NaN, expected a finite number',
    )
    await expect(
      compile((x: Tensor) => setThresholdMargin(threshold, x), { backend })({
        data: new Float32Array(3),
        shape: [1, 3],
      }),
    ).rejects.toThrow('[threshold.assign] value of shape [1,3], expected [2,3]')
  })
})
