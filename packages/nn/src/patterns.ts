import { SnnError } from '@snn/tensor'
import { checkArray, checkString } from '@snn/tensor/library'

/** Whether a dotted name fits one of the patterns, in which `*` stands for anything. */
export function matcher(patterns: readonly string[]): (name: string) => boolean {
  checkArray('record', patterns, 'patterns', 'an array of names')
  for (const pattern of patterns) checkString('record', pattern, 'a pattern', 'a name, in which * stands for anything')
  const expressions = patterns.map((pattern) => new RegExp(`^${pattern.split('*').map(escape).join('.*')}$`))
  return (name) => expressions.some((expression) => expression.test(name))
}

/** Throws `ARGUMENT` for a pattern that none of the names fits. */
export function checkPatterns(patterns: readonly string[], names: readonly string[]): void {
  for (const pattern of patterns) {
    if (names.some(matcher([pattern]))) continue
    throw new SnnError(
      'ARGUMENT',
      `[record] '${pattern}' fits no value of the network, expected one of ${names.join(', ')}, or a pattern with *. Correct the name.`,
      { name: 'record', value: pattern },
    )
  }
}

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
