import { describe, expect, it } from 'vitest'
import { parseCifar } from './cifar.js'

function records(labelBytes: readonly number[], count: number): Uint8Array {
  const size = labelBytes.length + 3072
  return Uint8Array.from({ length: size * count }, (_, i) => labelBytes[i % size] ?? Math.floor(i / size) + (i % 7))
}

describe('parseCifar', () => {
  it('reads CIFAR-10 and CIFAR-100 records', async () => {
    const ten = parseCifar(records([9], 3), { file: 'test_batch.bin' })
    expect(ten).toMatchObject({ length: 3, shape: [3, 32, 32], description: 'CIFAR-10 test_batch.bin, 3 x [3,32,32]' })
    const { image, label } = await ten.get(2)
    expect([label, image.data.length, image.data[0]]).toEqual([9, 3072, 2 + ((2 * 3073 + 1) % 7)])
    const hundred = parseCifar(records([19, 99], 2))
    expect((await hundred.get(1)).label).toBe(99)
    expect(hundred.description).toMatch(/^CIFAR-100 /)
  })

  it('refuses other sizes and labels', () => {
    expect(() => parseCifar(new Uint8Array(3000), { file: 'a.bin' })).toThrow(
      /\[cifar\] a\.bin: 3000 bytes, expected a multiple of 3073/,
    )
    expect(() => parseCifar(new Uint8Array(0))).toThrow(/0 bytes/)
    expect(() => parseCifar(records([10], 2))).toThrow(/at byte 0: label 10, expected 0 to 9/)
  })
})
