import { describe, it } from 'vitest'
import { conformance } from '../testing.js'
import { reference } from './backend.js'

conformance(async () => reference(), { describe, it }, { float64: true })
