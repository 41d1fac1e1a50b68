import type { DType, Shape, TypedArray } from '@snn/tensor'

/** The memory of a device: `Region` is what its backend calls a range of it. */
export interface Allocator<Region extends object> {
  /** Throws `MEMORY_LIMIT` where there is no room. */
  allocate(bytes: number): Region
  free(region: Region): void
  /** A copy of the value that a region holds. */
  read(region: Region, dtype: DType, shape: Shape): TypedArray | Promise<TypedArray>
  /** Copies a value into a region. */
  write(region: Region, data: TypedArray): void | Promise<void>
}
