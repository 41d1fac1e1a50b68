import { preprocessPresets, type PreprocessSpec } from '@snn/datasets'

/** A column: its heading, and whether it holds numbers, which stand at its right edge. */
export type Column = readonly [heading: string, kind?: 'number']

/** A Markdown table with aligned columns, as readable on a terminal. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map(([heading], i) => Math.max(3, heading.length, ...rows.map((row) => (row[i] ?? '').length)))
  const cells = (row: readonly string[]): string =>
    `| ${columns.map(([, kind], i) => (kind === 'number' ? (row[i] ?? '').padStart(widths[i]!) : (row[i] ?? '').padEnd(widths[i]!))).join(' | ')} |`
  const rule = `| ${columns.map(([, kind], i) => (kind === 'number' ? `${'-'.repeat(widths[i]! - 1)}:` : '-'.repeat(widths[i]!))).join(' | ')} |`
  return [cells(columns.map(([heading]) => heading)), rule, ...rows.map(cells)].join('\n')
}

/** 0.9876 -> 98.76 %. */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`
}

/** 1234567 -> 1,234,567. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 })
}

/** Three significant digits: 0.0123, 1.23, 123. */
export function short(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)))
}

/**
 * The name of a spec that makes pixels what a preset makes them, whatever the layout and size; empty where there is
 * none.
 */
function presetNameOf(spec: PreprocessSpec): string {
  const values = ({ channels = 'rgb', scale = 1 / 255, mean = 0, std = 1 }: PreprocessSpec): string =>
    JSON.stringify([channels === 'gray' ? 'rgb' : channels, scale, mean, std])
  return Object.entries(preprocessPresets).find(([, preset]) => values(preset) === values(spec))?.[0] ?? ''
}

/** How data became inputs, and labels classes: a line for each that is not as it always is. */
export function describeInput({
  preprocess,
  because,
  labelOffset = 0,
}: {
  readonly preprocess?: PreprocessSpec | null | undefined
  readonly because?: string | undefined
  readonly labelOffset?: number | undefined
}): string[] {
  return [
    ...(preprocess
      ? [
          `preprocessing: ${[presetNameOf(preprocess), JSON.stringify(preprocess)].filter(Boolean).join(' ')}${because === undefined ? '' : ` (${because})`}`,
        ]
      : []),
    ...(labelOffset === 0 ? [] : [`label offset: ${labelOffset}`]),
  ]
}
