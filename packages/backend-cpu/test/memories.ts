import { createMemory } from '@snn/codegen'
import { describe } from 'vitest'
import type { CpuBackend } from '../src/cpu.js'
import { cpu, type CpuOptions } from '../src/index.js'
import { inForm } from './kernel-form.js'

/** Where addresses of 32 bits end. */
export const far = 2 ** 32

/** A backend whose values all lie beyond 4 GiB. What lies before is never touched, and takes no memory. */
export async function farCpu(options: CpuOptions = {}): Promise<CpuBackend> {
  const backend = (await cpu({ ...inForm, ...options, memoryLimit: 4 * far })) as CpuBackend
  backend.allocator.allocate(far)
  return backend
}

/** Whether this runtime and machine have memory beyond 4 GiB. */
export const hasFarMemory = ((): boolean => {
  try {
    createMemory({ isShared: true, is64: true }, (far + far / 4) / 2 ** 16)
    return true
  } catch (error) {
    console.warn(`Tests of memory beyond 4 GiB are skipped: ${String(error)}`)
    return false
  }
})()

/** Describes the same tests for a memory with 32-bit addresses and for one beyond 4 GiB. */
export function describeMemories(tests: (create: (options?: CpuOptions) => Promise<CpuBackend>) => void): void {
  describe('addresses of 32 bits', () => tests((options) => cpu({ ...inForm, ...options }) as Promise<CpuBackend>))
  describe.skipIf(!hasFarMemory)('addresses of 64 bits', () => tests(farCpu))
}
