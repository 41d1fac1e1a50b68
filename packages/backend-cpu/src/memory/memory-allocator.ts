import type { Allocator } from '@snn/schedule'
import { SnnError, type DType, type Shape, type TypedArray } from '@snn/tensor'
import { bytesAt, viewOf, type Span } from '../frame.js'
import { wideBytes, type Memory, type Region } from './memory.js'

/** The memory as the schedule's values see it, and where a region of it lies now. */
export class MemoryAllocator implements Allocator<Region> {
  constructor(readonly memory: Memory) {}

  allocate(bytes: number): Region {
    try {
      return this.memory.allocate(bytes)
    } catch (cause) {
      const { limit } = this.memory
      throw new SnnError(
        'MEMORY_LIMIT',
        `[cpu] a value of ${bytes} bytes does not fit, expected all values together to take at most ${limit} bytes. ` +
          `Use smaller batches or fewer steps at once${limit < wideBytes ? `, or raise cpu({ memoryLimit }): up to ${wideBytes} in Node 24 or newer` : ''}.`,
        { bytes, limit },
        { cause },
      )
    }
  }

  free(region: Region): void {
    this.memory.free(region)
  }

  /** Asked for anew after whatever takes memory: growing replaces the buffer. */
  place({ offset }: Region): Span {
    return { buffer: this.memory.buffer, byteOffset: offset }
  }

  read(region: Region, dtype: DType, shape: Shape): TypedArray {
    return viewOf(this.place(region), dtype, shape).slice()
  }

  write(region: Region, data: TypedArray): void {
    bytesAt(this.place(region), data.byteLength).set(bytesAt(data, data.byteLength))
  }
}
