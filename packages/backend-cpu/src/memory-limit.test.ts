import {
  compile,
  conv,
  grad,
  isSnnError,
  maxPool,
  scan,
  sizeOf,
  uniform,
  variable,
  zeros,
  type Tensor,
  type TypedArray,
} from '@snn/tensor'
import { describe, expect, it, vi } from 'vitest'
import { far, farCpu, hasFarMemory } from '../test/memories.js'
import type { CpuBackend } from './cpu.js'
import { viewOf } from './frame.js'
import { cpu } from './index.js'
import { narrowBytes, wideBytes } from './memory/memory.js'

it('is refused where no memory reaches it', async () => {
  for (const memoryLimit of [0, -1, NaN, 2 ** 34 + 1, Infinity])
    await expect(cpu({ memoryLimit })).rejects.toMatchObject({
      code: 'ARGUMENT',
      details: { name: 'memoryLimit', value: memoryLimit },
    })
})

it('is refused beyond 4 GiB by runtimes without 64-bit addresses, with what to do', async () => {
  const { Memory } = WebAssembly
  // such a runtime looks at the sizes alone
  const old = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function (descriptor) {
    if (typeof descriptor.initial === 'bigint') throw new TypeError('Cannot convert a BigInt value to a number')
    return new Memory(descriptor)
  })
  try {
    const error: unknown = await cpu({ threads: 1, memoryLimit: 2 ** 33 }).catch((e: unknown) => e)
    if (!isSnnError(error, 'ARGUMENT')) throw error
    expect(error.details).toEqual({ name: 'memoryLimit', value: 2 ** 33 })
    expect(error.message).toContain('Node 24')
    expect(error.message).toContain(String(narrowBytes))
    const backend = await cpu({ threads: 1 })
    await backend.dispose()
  } finally {
    old.mockRestore()
  }
})

it('is named where a larger one helps', async () => {
  for (const limit of [1000, undefined]) {
    const backend = (await cpu({ threads: 1, ...(limit && { memoryLimit: limit }) })) as CpuBackend
    expect(() => backend.allocator.allocate(far)).toThrow(
      expect.objectContaining({
        code: 'MEMORY_LIMIT',
        message: expect.stringContaining(`raise cpu({ memoryLimit }): up to ${wideBytes}`),
      }),
    )
    await backend.dispose()
  }
})

describe.skipIf(!hasFarMemory)('beyond 4 GiB', () => {
  it('gives the bits that a small memory gives', async () => {
    const train = async (backend: CpuBackend): Promise<TypedArray[]> => {
      const weight = variable({
        data: Float32Array.from({ length: 8 * 4 * 9 }, (_, i) => Math.sin(i) / 4),
        shape: [8, 4, 3, 3],
      })
      const step = compile(
        (x: Tensor) => {
          const spikes = scan(
            (v: Tensor, xt: Tensor) => {
              const charged = v.mul(0.5).add(conv(xt, weight.read(), { padding: 1 }))
              return [charged, charged.tanh()] as const
            },
            zeros([6, 8, 12, 12]),
            x,
          )[1]
          const pooled = maxPool(spikes.reshape([24, 8, 12, 12]), [2, 2])
          const loss = pooled.mul(uniform(pooled.shape, { seed: 3, offset: 0 })).mean()
          weight.assign(weight.read().sub(grad(loss, weight.read())))
          return [loss, spikes]
        },
        { backend },
      )
      const x = {
        data: Float32Array.from({ length: 4 * 6 * 4 * 12 * 12 }, (_, i) => Math.cos(i)),
        shape: [4, 6, 4, 12, 12],
      }
      const results = [...(await step(x)), ...(await step(x))].map(({ data }) => data)
      expect(backend.arena.byteOffset >= far).toBe(backend.allocator.memory.is64)
      return [...results, await weight.data()]
    }
    const [near, distant] = [(await cpu({ threads: 2 })) as CpuBackend, await farCpu({ threads: 2 })]
    expect(await train(distant)).toEqual(await train(near))
    await Promise.all([near.dispose(), distant.dispose()])
  })

  it('holds values of more than 4 GiB', async () => {
    const backend = await farCpu()
    const { allocator, values } = backend
    const shape = [2 ** 15 + 1, 2 ** 15]
    const region = allocator.allocate(4 * sizeOf(shape))
    viewOf(allocator.place(region), 'float32', shape)[sizeOf(shape) - 1] = 42
    const end = compile(
      (x: Tensor) =>
        x
          .slice(0, 2 ** 15)
          .slice(1, -2)
          .mul(2),
      { backend },
    )
    expect([...(await end(values.tensor(region, 'float32', shape))).data]).toEqual([0, 84])
    await backend.dispose()
  })
})
