import type { Suggestion } from '@snn/ann2snn'

const flags: Readonly<Record<keyof Suggestion, string>> = {
  code: '--code',
  levels: '--levels',
  mode: '--mode',
  per: '--per',
  T: '--steps',
  wait: '--wait',
  weights: '--weights',
}

/** Options of a conversion as flags of `snn convert`. */
export function conversionFlags(options: Suggestion): string {
  return Object.entries(options)
    .map(
      ([name, value]) =>
        `${flags[name as keyof Suggestion]} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
    )
    .join(' ')
}
