import { compile, isSnnError, type Backend, type Tensor } from '@snn/tensor'
import type { CodeName } from '../src/codes/code.js'
import { convert, type Conversion } from '../src/convert.js'
import type { ConvertOptions } from '../src/plan/convert-options.js'
import { simulate } from '../src/run/simulate.js'
import type { RandomModel } from './random-model.js'

/**
 * For each code: options under which its output tends to the ANN's, and numbers of steps to try, on top of the latency,
 * one after the other.
 */
const settings: Readonly<Record<CodeName, readonly [options: ConvertOptions, steps: readonly number[]]>> = {
  binary: [{}, [64, 512, 4096]],
  signed: [{}, [64, 512, 4096]],
  burst: [{}, [64, 512, 4096]],
  phase: [{ levels: 12 }, [12]],
  stBif: [{ levels: 127 }, [300, 2000]],
  multiThreshold: [{}, [64, 512, 4096]],
  differential: [{}, [64, 512]],
  delta: [{ levels: 14 }, [48, 200]],
}

const within = 0.03

/**
 * What became of a model: refused for its layers before any data were read, or a network whose output tends to the
 * ANN's (calibrated for
 * `T` steps, it is not asked to) and in which nothing is NaN. Anything else is an error.
 */
export async function checkConversion(
  { bytes, x }: Pick<RandomModel, 'bytes' | 'x'>,
  code: CodeName,
  backend: Backend,
  more: ConvertOptions = {},
): Promise<'refused' | 'converted'> {
  let reads = 0
  const data = {
    *[Symbol.iterator]() {
      reads++
      yield x
    },
  }
  const [options, steps] = settings[code]
  let conversion: Conversion
  try {
    conversion = await convert(bytes, data, { backend, code, mode: 'max', ...options, ...more })
  } catch (error) {
    if (isSnnError(error, 'CALIBRATION') && error.details.reason === 'inactive') return 'refused'
    if (!isSnnError(error, 'CONVERT_UNSUPPORTED')) throw error
    if (reads > 0) throw new Error(`refused after ${reads} readings of the data: ${error.message}`, { cause: error })
    return 'refused'
  }
  const { snn, ann, report } = conversion
  if (report.layers.length === 0) throw new Error('converted without a neuron')
  for (const [name, variable] of Object.entries(snn.variables()))
    if (!(await variable.data()).every(Number.isFinite)) throw new Error(`${name} is not finite`)
  if (JSON.stringify(report).includes('null'))
    throw new Error(`the report has numbers that are not finite: ${JSON.stringify(report)}`)
  if (more.T !== undefined) return 'converted'
  await using run = compile((input: Tensor) => ann.single(ann.run('step', ann.bind(input))), { backend })
  const exact = [...(await run(x)).data]
  const scale = exact.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-2)
  const tried: string[] = []
  for (const T of steps) {
    const { logits } = await simulate(snn, x, { T: T + report.latency, backend })
    const worst = exact.reduce((most, value, i) => Math.max(most, Math.abs(value - logits.data[i]!)), 0) / scale
    tried.push(`${worst.toPrecision(2)} after ${T}`)
    if (worst < within) return 'converted'
  }
  throw new Error(`${code} does not tend to the ANN: error ${tried.join(', ')} steps`)
}
