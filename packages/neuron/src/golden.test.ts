import { reference } from '@snn/tensor'
import { describe } from 'vitest'
import { goldenTests } from '../test/golden.js'

describe('golden traces and gradients, float64 on the reference backend', () => goldenTests(reference, 'float64'))
