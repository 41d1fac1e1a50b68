import { learnable, numberFault, parameterFault, type ParameterValue } from '@snn/surrogate'
import { scalar, take, variable, type Variable } from '@snn/tensor'
import { checkMembers, checkObject } from '@snn/tensor/library'
import { checkEach, wholeFault } from './options.js'
import { describeParameters, layerParameters, restoreParameters } from './parameter.js'
import { powerLawNoise } from './power-law-noise.js'
import type { Cell } from './spec.js'
import { wrapCell } from './wrap-cell.js'

export interface NoisyOptions {
  /** Number of neurons. */
  readonly size: number
  /** How many steps of noise are drawn; then the same come again. */
  readonly steps: number
  /** beta of the power spectrum 1 / f^beta: 0 white, 1 pink, 2 brown. Default 0. */
  readonly exponent?: number
  /** Factor of the noise on the input. Default: learnable(0.5 / sqrt size, { per: 'neuron' }). */
  readonly inputSigma?: ParameterValue
  /** Factor of the noise on what is handed on; 0 for neurons without spikes. Default as the input's. */
  readonly outputSigma?: ParameterValue
}

/**
 * Neurons with noise for exploration, as SpikingJelly's noisy neurons: in training, with z of unit variance and the
 * same for the whole batch,
 *
 *   step    as `cell`, of x + inputSigma z1[t]
 *   output  output + outputSigma z2[t]
 *
 * The noise is the Variable `noise` [steps, 2, size], from which each step takes the next, counted by `step`. Draw anew
 * with `initialize(key)` or set it (`powerLawNoise` makes some); to play noise again, set `step` to where it began.
 *
 * @throws `ARGUMENT` for an option outside of its domain
 */
export function noisy<S extends string>(cell: Cell<S>, options: NoisyOptions): Cell<S> {
  checkMembers('noisy', cell, 'cell', ['step()', 'initialState()'], 'a layer of neurons such as lif()')
  checkObject('noisy', options)
  return withNoise(cell, options, {})
}

/** A layer of `noisy` again from what it says of itself; `inner` makes the cell inside, without the Variables named. */
export function restoreNoisy(
  inner: (outer: readonly string[]) => Cell,
  config: Readonly<Record<string, unknown>>,
  variables: Readonly<Record<string, Variable>>,
): Cell {
  const sigmas = ['inputSigma', 'outputSigma']
  const { options, learned } = restoreParameters(kind, sigmas, config, variables)
  const { noise, step } = variables
  const { size, steps, exponent } = config as unknown as NoisyOptions
  return withNoise(
    inner([...sigmas, 'noise', 'step']),
    { size, steps, ...(exponent !== undefined && { exponent }), ...options },
    { ...learned, ...(noise && { noise }), ...(step && { step }) },
  )
}

const kind = 'noisy'

/** `given`: Variables in place of those that the layer would make. */
function withNoise<S extends string>(
  cell: Cell<S>,
  options: NoisyOptions,
  given: Readonly<Record<string, Variable>>,
): Cell<S> {
  const { size, steps, exponent = 0 } = options
  checkEach(kind, options, {
    size: wholeFault,
    steps: wholeFault,
    exponent: (value) => numberFault(value),
    inputSigma: (value) => parameterFault(value),
    outputSigma: (value) => parameterFault(value),
  })
  const usual = learnable(0.5 / Math.sqrt(size), { per: 'neuron' })
  const { inputSigma = usual, outputSigma = usual } = options
  const values = new Map([
    ['inputSigma', inputSigma],
    ['outputSigma', outputSigma],
  ])
  const sigmas = layerParameters(kind, values)
  const draw = (key: number) => {
    const { data } = powerLawNoise({ exponent, steps, size: 2 * size, seed: key })
    return { data, shape: [steps, 2, size] }
  }
  const noise = given['noise'] ?? variable(draw(0), { name: `${kind}.noise` })
  const at = given['step'] ?? variable({ data: Int32Array.of(0), shape: [] }, { name: `${kind}.step` })
  Object.assign(sigmas.variables, { ...given, noise, step: at })
  // noise that is given stays
  let drawn = given['noise'] ? undefined : noise.version
  return wrapCell<S>(cell, {
    kind,
    config: { size, steps, exponent, ...describeParameters(values), cell: { kind: cell.kind, ...cell.config } },
    variables: sigmas.variables,
    trainable: sigmas.trainable,
    initialize(key) {
      if (noise.version !== drawn) return
      noise.set(draw(key))
      drawn = noise.version
    },
    initialState: cell.initialState,
    step(x, state, context) {
      if (!context?.training) return cell.step(x, state, context)
      const { inputSigma: before, outputSigma: after } = sigmas.valuesFor(x.shape, x.dtype) as Record<
        'inputSigma' | 'outputSigma',
        typeof x
      >
      const t = at.read()
      at.assign(t.add(1))
      const now = take(noise.read(), t.mod(scalar(steps, 'int32')).reshape([1]), 0)
        .at(0, 0)
        .cast(x.dtype)
      const { spike, output, state: next } = cell.step(x.add(now.at(0, 0).mul(before)), state, context)
      return { spike, output: output.add(now.at(0, 1).mul(after)), state: next }
    },
  })
}
