import { readFile } from 'node:fs/promises'
import { appendToFile, replaceFile } from '@snn/tensor/node'
import type { TrainingLog, TrainingRecord } from '../fit/progress.js'

/**
 * A log of one JSON object a line. A training that goes on keeps the lines from before its checkpoint and drops what
 * came after, so that the file reads as if there had been no interruption; one that begins anew begins the file anew.
 */
export function jsonLines(path: string): TrainingLog {
  return {
    async start({ steps, epoch }) {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return ''
        throw error
      })
      const isBefore = (record: TrainingRecord): boolean =>
        record.type === 'epoch' ? record.epoch <= epoch : record.step <= steps
      const kept = text.split('\n').filter((line) => {
        const record = parse(line)
        return record !== undefined && isBefore(record)
      })
      await replaceFile(path, kept.map((line) => `${line}\n`).join(''))
    },
    write: (record) => appendToFile(path, `${JSON.stringify(record)}\n`),
  }
}

/** A record, or undefined for a line that was cut off. */
function parse(line: string): TrainingRecord | undefined {
  try {
    return JSON.parse(line) as TrainingRecord
  } catch {
    return undefined
  }
}
