import { reference, variable } from '@snn/tensor'
import type { DeviceTensor } from '@snn/tensor/backend'
import { expect, it } from 'vitest'
import type { Allocator } from './allocator.js'
import { DeviceValues } from './device-values.js'

interface Region {
  data: Float32Array
}

/** An allocator of arrays, with what it was asked for. */
function memory() {
  const counts = { allocated: 0, freed: 0, written: 0 }
  const allocator: Allocator<Region> = {
    allocate: (bytes) => (counts.allocated++, { data: new Float32Array(bytes / 4) }),
    free: () => void counts.freed++,
    read: ({ data }) => data.slice(),
    write: (region, data) => {
      counts.written++
      region.data.set(data)
    },
  }
  return { counts, values: new DeviceValues(reference(), allocator) }
}

const two = (x: number, y: number) => ({ data: Float32Array.of(x, y), shape: [2] })

it('copies the value of a Variable from the host once for each change', async () => {
  const { counts, values } = memory()
  const w = variable(two(1, 2))
  const region = await values.resident(w)
  expect([...region.data]).toEqual([1, 2])
  expect(values.resident(w)).toBe(region)
  w.set(two(3, 4))
  expect(await values.resident(w)).toBe(region)
  expect([...region.data]).toEqual([3, 4])
  expect(counts).toEqual({ allocated: 1, freed: 0, written: 2 })
})

it('lets a Variable that is assigned again and again change between two regions', async () => {
  const { counts, values } = memory()
  const w = variable(two(0, 0))
  const regions = new Set([await values.resident(w)])
  for (let i = 1; i <= 5; i++) {
    const spare = values.spare(w)
    expect(values.resident(w)).not.toBe(spare)
    spare.data.fill(i)
    values.commit(w)
    expect(values.resident(w)).toBe(spare)
    expect([...(await w.data())]).toEqual([i, i])
    regions.add(spare)
  }
  expect(regions.size).toBe(2)
  expect(counts).toEqual({ allocated: 2, freed: 0, written: 1 })
})

it('keeps the value of a Variable when a run that had a spare for it failed', async () => {
  const { values } = memory()
  const w = variable(two(1, 2))
  values.spare(w).data.fill(9)
  expect([...(await values.resident(w)).data]).toEqual([1, 2])
  expect([...(await w.data())]).toEqual([1, 2])
})

it('gives back the region of a tensor that is disposed of, once', async () => {
  const { counts, values } = memory()
  const tensor: DeviceTensor = values.tensor({ data: Float32Array.of(5) }, 'float32', [1])
  expect([...(await tensor.data())]).toEqual([5])
  tensor[Symbol.dispose]()
  tensor[Symbol.dispose]()
  expect(counts.freed).toBe(1)
  expect(values.regionOf(tensor)).toBeUndefined()
  await expect(tensor.data()).rejects.toMatchObject({ code: 'DISPOSED' })
})
