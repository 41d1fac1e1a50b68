import {
  checkSteps,
  namedReadout,
  parseReadout,
  readoutOf,
  readsLastStep,
  type Network,
  type NetworkMetadata,
} from '@snn/nn'
import { SnnError, type Shape } from '@snn/tensor'
import type { SnnMetadata } from './snn-form.js'
import { json, parseJson, said, wrongFile, type Texts } from './texts.js'

/**
 * How a network is run and read, by `options` or else its metadata; what a file says by saying nothing is left out.
 * Throws `ARGUMENT`.
 */
export function usageOf(
  net: Network,
  options: SnnMetadata & { readonly inputShapes?: Readonly<Record<string, Shape>> },
): NetworkMetadata {
  const { metadata } = net
  const {
    T = metadata.T,
    encoding = metadata.encoding,
    code = metadata.code,
    dt = metadata.dt,
    outputScale = metadata.outputScale,
  } = options
  const readout = namedReadout(
    options.readout === undefined ? readoutOf(net, options.inputShapes) : parseReadout(options.readout, 'toOnnx'),
    'toOnnx',
  )
  if (T !== undefined) checkSteps(T, 'toOnnx')
  if (dt !== undefined) check('dt', dt, dt > 0, 'of seconds above 0')
  if (outputScale !== undefined) check('outputScale', outputScale, outputScale !== 0, 'other than 0')
  return {
    ...(T !== undefined && { T }),
    ...(!readsLastStep(readout) && { readout }),
    ...(encoding !== undefined && encoding !== 'constant' && { encoding }),
    ...(code !== undefined && { code }),
    ...(dt !== undefined && { dt }),
    ...(outputScale !== undefined && outputScale !== 1 && { outputScale }),
  }
}

function check(name: string, value: number, fits: boolean, expected: string): void {
  if (!Number.isFinite(value) || !fits)
    throw new SnnError('ARGUMENT', `[toOnnx] ${name} ${value}, expected a finite number ${expected}. Correct it.`, {
      name,
      value,
    })
}

/** The same as metadata of a file. */
export function usageTexts({ T, readout, encoding, code, dt, outputScale }: NetworkMetadata): Texts {
  return said({
    'snn.T': json(T),
    'snn.readout': json(readout),
    'snn.encoding': encoding,
    'snn.code': code,
    'snn.dt': json(dt),
    'snn.output_scale': json(outputScale),
  })
}

/** What the metadata of a file say of it. Throws `SNN_FILE`, and `ARGUMENT` for an unknown read-out. */
export function parseUsage(texts: Texts): NetworkMetadata {
  const { 'snn.T': T, 'snn.readout': readout, 'snn.encoding': encoding, 'snn.code': code } = texts
  const encodings = ['constant', 'sequence', 'other'] as const
  const found = encodings.find((name) => name === encoding)
  if (encoding !== undefined && !found)
    throw wrongFile(
      `its metadata snn.encoding is '${encoding}', expected one of ${encodings.join(', ')}`,
      'Update @snn/snn-file.',
    )
  const [dt, outputScale] = [
    numberIn(texts, 'snn.dt', (x) => x > 0),
    numberIn(texts, 'snn.output_scale', (x) => x !== 0),
  ]
  return {
    ...(T !== undefined && { T: Number(T) }),
    ...(readout !== undefined && { readout: parseReadout(parseJson(texts, 'snn.readout'), 'readSnn') }),
    ...(found && { encoding: found }),
    ...(code !== undefined && { code }),
    ...(dt !== undefined && { dt }),
    ...(outputScale !== undefined && { outputScale }),
  }
}

function numberIn(texts: Texts, key: string, fits: (x: number) => boolean): number | undefined {
  if (texts[key] === undefined) return undefined
  const value = Number(texts[key])
  if (Number.isFinite(value) && fits(value)) return value
  throw wrongFile(
    `its metadata ${key} is '${texts[key]}', expected a finite number ${key === 'snn.dt' ? 'above 0' : 'other than 0'}`,
    'Write it again.',
  )
}
