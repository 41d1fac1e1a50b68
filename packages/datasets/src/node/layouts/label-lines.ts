import { invalid } from '../../invalid.js'
import { readBytes } from '../files.js'
import type { SampleFile } from './recording-files.js'

/** The lines `name label` of a text file. Throws `DATA_INVALID`. */
export async function labelLines(
  path: string,
  file: string,
  classes: number,
  signal?: AbortSignal,
): Promise<SampleFile[]> {
  const text = new TextDecoder().decode(await readBytes(path, signal))
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return []
    const [, name, digits] = /^(.*\S)\s+(\d+)\s*$/.exec(line) ?? []
    const label = Number(digits)
    if (name === undefined || label >= classes || name.split('/').includes('..')) {
      throw invalid(
        'labels',
        file,
        `line ${i + 1} is ${JSON.stringify(line.slice(0, 60))}, expected a file name and a class from 0 to ${classes - 1}.`,
      )
    }
    return [{ path: name, label }]
  })
}
