import { conformance } from '@snn/tensor/testing'
import { describe, it } from 'vitest'
import { describeMemories } from '../test/memories.js'

// sums of some hundred products of numbers up to 4, in float32 and in another order than the reference's
describeMemories((create) =>
  conformance(() => create(), { describe, it }, { tolerance: { relative: 1e-5, absolute: 5e-5 } }),
)
