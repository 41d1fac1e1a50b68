import {
  formatShape,
  hostTensor,
  sameShape,
  SnnError,
  type DType,
  type HostTensor,
  type Shape,
  type TensorLike,
} from '@snn/tensor'
import { checkObject, checkOptions } from '@snn/tensor/library'
import type { Network } from './network.js'
import { checkNetwork } from './check.js'

/** Arrays by dotted path: parameters and buffers of a network. */
export type StateDict = Readonly<Record<string, HostTensor>>

/**
 * Copies of all parameters and buffers, by dotted path: `conv1.weight`.
 *
 * @throws `SHAPE` when a parameter gets its size from the input, and neither an input nor its shape has been seen
 */
export async function stateDict(net: Network): Promise<StateDict> {
  checkNetwork('stateDict', net)
  net.parameters()
  const entries = Object.entries(net.variables()).map(
    async ([name, value]) =>
      [name, hostTensor({ data: await value.data(), shape: value.shape, dtype: value.dtype })] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

export interface LoadOptions {
  /** false: entries that the network lacks, and entries that are lacking, are left alone. Default true. */
  readonly strict?: boolean
}

/** What a load with `strict: false` left alone. */
export interface LoadReport {
  /** Paths of the network for which there was no array: they keep their values. */
  readonly missing: readonly string[]
  /** Paths of arrays that the network has not: they were not used. */
  readonly unexpected: readonly string[]
}

/**
 * Sets parameters and buffers from arrays by dotted path. All entries are checked before the first is set.
 *
 * @throws `STATE_DICT` naming all missing, unexpected and wrongly shaped entries (or of another dtype, or with a NaN),
 * and `SHAPE` for data that do not fit their own shape, or as `stateDict`
 */
export function loadStateDict(
  net: Network,
  dict: Readonly<Record<string, TensorLike>>,
  options: LoadOptions = {},
): LoadReport {
  checkNetwork('loadStateDict', net)
  checkObject('loadStateDict', dict, 'dict', 'arrays by name')
  checkOptions('loadStateDict', options, ['strict'])
  const { strict = true } = options
  net.parameters()
  const variables = net.variables()
  const given = new Map(Object.entries(dict).map(([name, value]) => [name, hostTensor(value, `stateDict.${name}`)]))
  const missing = Object.keys(variables).filter((name) => !given.has(name))
  const unexpected = [...given.keys()].filter((name) => !variables[name])
  const mismatched = Object.entries(variables).flatMap(([name, { shape, dtype }]) => {
    const value = given.get(name)
    if (!value) return []
    if (!sameShape(value.shape, shape) || value.dtype !== dtype)
      return [{ name, got: signature(value), expected: signature({ shape, dtype }) }]
    // bounds and the like may be infinite
    const none = value.data.findIndex(Number.isNaN)
    return none < 0 ? [] : [{ name, got: `${signature(value)} whose number ${none} is NaN`, expected: 'numbers' }]
  })
  if (mismatched.length > 0 || (strict && missing.length + unexpected.length > 0)) {
    const parts = [
      ...(missing.length > 0 && strict ? [`no ${missing.join(', ')}`] : []),
      ...(unexpected.length > 0 && strict ? [`the unknown ${unexpected.join(', ')}`] : []),
      ...mismatched.map(({ name, got, expected }) => `${name} as ${got} instead of ${expected}`),
    ]
    const fix =
      mismatched.length > 0
        ? 'Build the network as it was when the entries were saved.'
        : 'Build the same network, or give { strict: false }.'
    throw new SnnError(
      'STATE_DICT',
      `[loadStateDict] got ${parts.join('; ')}, expected the parameters and buffers of the network. ${fix}`,
      { missing, unexpected, mismatched },
    )
  }
  for (const [name, value] of given) variables[name]?.set(value)
  return { missing, unexpected }
}

function signature({ shape, dtype }: { readonly shape: Shape; readonly dtype: DType }): string {
  return `${dtype}${formatShape(shape)}`
}
