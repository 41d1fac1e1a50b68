import { readFile, rm } from 'node:fs/promises'
import type { LayerCalibration } from '@snn/ann2snn'
import { SnnError } from '@snn/tensor'
import { appendToFile, replaceFile } from '@snn/tensor/node'

/** A file with a line of JSON for each layer that a calibration has come to. */
export interface CalibrationFile {
  /** What it held when it was opened. */
  readonly layers: readonly LayerCalibration[]
  add(found: LayerCalibration): Promise<void>
  remove(): Promise<void>
}

/** Opens `path`, or begins it. A last line that was cut off is left out. */
export async function openCheckpoint(path: string): Promise<CalibrationFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw refused(path, `cannot be read (${error.message})`, error)
  })
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  const layers = whole
    .split('\n')
    .filter(Boolean)
    .map((line) => parse(path, line))
  if (whole !== text) await replaceFile(path, whole)
  return {
    layers,
    add: (found) => appendToFile(path, `${JSON.stringify(found)}\n`),
    remove: () => rm(path, { force: true }),
  }
}

function parse(path: string, line: string): LayerCalibration {
  try {
    const found = JSON.parse(line) as Partial<LayerCalibration> | null
    if (typeof found?.key === 'string' && typeof found.layer === 'string') return found as LayerCalibration
  } catch {
    // said below
  }
  throw refused(path, 'is no file of a calibration')
}

function refused(path: string, what: string, cause?: unknown): SnnError {
  return new SnnError(
    'ARGUMENT',
    `[convert] --resume ${path}: the file ${what}, expected one that --resume wrote, or none. Name another.`,
    { name: '--resume', value: path },
    { cause },
  )
}
