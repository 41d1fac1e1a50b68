export { conformance, type ConformanceOptions, type TestRunner } from './testing/conformance.js'
export { type Tolerance } from './testing/compare.js'
