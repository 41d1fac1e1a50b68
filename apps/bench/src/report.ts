import { cpus } from 'node:os'

/** One measured number and, where it must reach something, what. */
export interface Measure {
  readonly what: string
  /** Undefined where there was nothing to measure, such as a ratio to a peer that is absent. */
  readonly value: number | undefined
  readonly unit: 'ms' | 'MB' | 'x' | 'points'
  readonly atMost?: number
  readonly atLeast?: number
}

function isWithin({ value, atMost = Infinity, atLeast = -Infinity }: Measure): boolean {
  return value === undefined || (value <= atMost && value >= atLeast)
}

function row(measure: Measure): string {
  const { what, value, unit, atMost, atLeast } = measure
  const bound = atMost !== undefined ? `at most ${atMost}` : atLeast !== undefined ? `at least ${atLeast}` : ''
  const verdict = bound === '' ? '' : value === undefined ? 'not measured' : isWithin(measure) ? 'yes' : 'NO'
  return `| ${what} | ${value === undefined ? 'none' : `${value.toFixed(unit === 'MB' ? 0 : 2)} ${unit}`} | ${bound} | ${verdict} |`
}

/** Prints measures as a table and as one line of JSON; the process ends with 1 when a bound is missed. */
export function report(
  benchmark: string,
  setting: Readonly<Record<string, unknown>>,
  measures: readonly Measure[],
): void {
  console.log(
    `${benchmark}: ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.version}, ${JSON.stringify(setting)}\n`,
  )
  console.log('| what | measured | bound | within |\n|---|---:|---:|---|')
  for (const measure of measures) console.log(row(measure))
  console.log(
    `\n${JSON.stringify({ benchmark, processor: cpus()[0]?.model, node: process.version, ...setting, measures })}`,
  )
  if (!measures.every(isWithin)) process.exitCode = 1
}

/** `a / b`, when there are both. */
export function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b
}
