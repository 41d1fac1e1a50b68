import { cpu } from '@snn/backend-cpu'
import { readSnn, toOnnx } from '@snn/snn-file'
import { reference } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { mlp, randomTensor, residual } from '../../test/networks.js'
import { convert } from '../convert.js'
import { simulate } from './simulate.js'

const backend = reference()
const metadata = {
  T: 16,
  calibration: ['0f', 'a1'],
  classNames: ['a', 'b', 'c', 'd'],
  preprocess: { scale: 1 / 255, mean: [0.5] },
}

describe('the file of a converted network', () => {
  for (const [name, net, shape] of [
    ['mlp', mlp(), [8]],
    ['residual', residual(), [3, 12, 12]],
  ] as const) {
    it(`is bit-equal when written again, and simulates the same: ${name}`, async () => {
      const x = randomTensor([3, ...shape], 5)
      const { snn } = await convert(net, [x], { backend, per: 'channel', delay: 2 })
      const bytes = await toOnnx(snn, metadata)
      const read = readSnn(bytes)
      expect(read.metadata).toEqual({ ...metadata, code: 'binary' })
      expect(read.snn.metadata).toEqual({ T: 16, code: 'binary', encoding: 'constant', readout: { by: 'last' } })
      expect(await toOnnx(read.snn, read.metadata)).toEqual(bytes)
      const [before, after] = await Promise.all([snn, read.snn].map((one) => simulate(one, x, { T: 5, backend })))
      expect(after!.logitsByStep.data).toEqual(before!.logitsByStep.data)
    })
  }

  it('simulates the same on the CPU backend', async () => {
    const x = randomTensor([3, 3, 12, 12], 5)
    const { snn } = await convert(residual(), [x], { backend, per: 'channel' })
    const fast = await cpu()
    const [slow, quick] = [await simulate(snn, x, { T: 8, backend }), await simulate(snn, x, { T: 8, backend: fast })]
    quick.logitsByStep.data.forEach((value, i) => expect(value).toBeCloseTo(slow.logitsByStep.data[i]!, 4))
    await fast.dispose()
  })
})
