import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { ImageDataset } from '@snn/datasets'

/**
 * The files and folders that DATA names and that `outputs` must not replace. A folder of data may hold what such a
 * command has written, too: it is among them unless all outputs have the names of models and reports.
 */
export async function pathsOf(data: string | ImageDataset | undefined, outputs: readonly string[]): Promise<string[]> {
  if (typeof data !== 'string') return []
  const isWritten = outputs.every((path) => /\.(onnx|json)$/.test(path) && basename(path) !== 'labels.json')
  const commas = [...data.matchAll(/,/g)].map(({ index }) => index)
  const names = [
    data,
    data.replace(/:(train|test)$/, ''),
    ...commas.flatMap((at) => [data.slice(0, at), data.slice(at + 1)]),
  ]
  const kinds = await Promise.all(names.map((name) => stat(name).catch(() => undefined)))
  return names.filter((_, i) => kinds[i]?.isFile() || (kinds[i]?.isDirectory() && !isWritten))
}
