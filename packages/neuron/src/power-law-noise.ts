import { normal } from '@snn/tensor'
import { interpret, referenceKernels } from '@snn/tensor/backend'
import { checkObject } from '@snn/tensor/library'
import { numberFault } from '@snn/surrogate'
import { checkEach, wholeFault } from './options.js'

/**
 * Gaussian noise of unit variance whose power falls as 1 / f^exponent (Timmer and Koenig, Astronomy and Astrophysics
 * 300, 1995): `size` independent series of `steps` values, [steps, size]. Every frequency gets a normal amplitude and
 * phase, the constant one the power of the lowest. Takes steps^2 size / 2 operations, but for white noise (exponent 0).
 *
 * @throws `ARGUMENT` for an option outside of its domain
 */
export function powerLawNoise(options: {
  readonly exponent: number
  readonly steps: number
  readonly size: number
  readonly seed?: number
}): { readonly data: Float32Array; readonly shape: readonly [number, number] } {
  checkObject('powerLawNoise', options)
  const { exponent, steps, size, seed = 0 } = options
  checkEach('powerLawNoise', options, {
    exponent: (value) => numberFault(value),
    steps: wholeFault,
    size: wholeFault,
    seed: (value) => (Number.isSafeInteger(value) ? undefined : 'a whole number'),
  })
  const draw = (rows: number, stream: number) =>
    interpret(normal([rows, size], { seed, stream }), referenceKernels).data as Float32Array
  if (exponent === 0 || steps === 1) return { data: draw(steps, 0), shape: [steps, size] }
  const last = Math.floor(steps / 2)
  const alone = steps % 2 === 0 ? last : undefined // frequency 1/2 has no phase
  const amplitudes = Array.from({ length: last + 1 }, (_, k) => (Math.max(k, 1) / steps) ** (-exponent / 2))
  const [re, im] = [draw(last + 1, 0), draw(last + 1, 1)]
  const variance = amplitudes.reduce((sum, a, k) => sum + (k === 0 || k === alone ? 2 : 4) * a * a, 0) / steps ** 2
  const unit = 1 / (steps * Math.sqrt(variance))
  const data = new Float32Array(steps * size)
  for (let k = 0; k <= last; k++) {
    const paired = k !== 0 && k !== alone
    const a = amplitudes[k]! * unit * (paired ? 2 : Math.SQRT2)
    for (let t = 0; t < steps; t++) {
      const phase = (2 * Math.PI * ((k * t) % steps)) / steps
      const [cos, sin] = [a * Math.cos(phase), paired ? a * Math.sin(phase) : 0]
      for (let i = 0; i < size; i++) data[t * size + i]! += cos * re[k * size + i]! - sin * im[k * size + i]!
    }
  }
  return { data, shape: [steps, size] }
}
