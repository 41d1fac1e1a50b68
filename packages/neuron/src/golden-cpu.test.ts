import { cpu } from '@snn/backend-cpu'
import type { Backend } from '@snn/tensor'
import { beforeAll, describe } from 'vitest'
import { goldenTests } from '../test/golden.js'

let backend: Backend
/** 0.9 + 0.3 - 1 + 0.7 + 0.1 is 1 */
const ties = [
  'soft reset',
  'soft reset, detached',
  'IF v_reset=None,detach_reset=False',
  'IF v_reset=None,detach_reset=True',
]

beforeAll(async () => {
  backend = await cpu({ threads: 1 })
})

describe('golden traces and gradients, float32 on the CPU backend', () => goldenTests(() => backend, 'float32', ties))
