import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SnnError } from '@snn/tensor'

/**
 * Runs a JavaScript or TypeScript module and gives what it exports.
 *
 * @throws `ARGUMENT` for one that cannot be run
 */
export async function runModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
      throw neuronFault(
        file,
        `cannot be run by Node ${process.versions.node}, expected JavaScript, or TypeScript with Node 22.18 or later. Compile it, or update Node.`,
        error,
      )
    throw neuronFault(file, `cannot be run: ${message ?? String(error)}`, error)
  }
}

export function neuronFault(source: string, what: string, cause?: unknown): SnnError {
  return new SnnError('ARGUMENT', `[explain] ${source} ${what}`, { name: 'NEURON', value: source }, { cause })
}
