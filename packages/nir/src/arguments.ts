import { SnnError } from '@snn/tensor'
import { checkByRules, checkMembers, checkObject, type OptionRules } from '@snn/tensor/library'
import type { NirGraphData } from './data/data.js'

/** Throws `ARGUMENT` unless `data` are recorded data. */
export function checkRecorded(operation: string, data: unknown, name = 'data'): asserts data is NirGraphData {
  checkMembers(
    operation,
    data,
    name,
    ['nodes'],
    'a NirGraphData',
    'Give what readNirData(bytes) or toNirData(recorded, { dt }) gives.',
  )
  checkObject(operation, (data as NirGraphData).nodes, `${name}.nodes`, 'nodes by their names')
}

/** `checkByRules` for options of which the length of a step must be there. */
export function checkStepOptions<Options extends { readonly dt: number }>(
  operation: string,
  options: unknown,
  rules: OptionRules<Options>,
): asserts options is Options {
  checkByRules(operation, options, rules)
  const { dt } = options as { readonly dt?: number }
  if (dt === undefined)
    throw new SnnError(
      'ARGUMENT',
      `[${operation}] no dt, expected the length of a step in seconds, such as 1e-4. Give { dt }.`,
      { name: 'dt', value: dt },
    )
}
