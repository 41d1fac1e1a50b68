import type { EventSetInfo } from './define-set.js'
import { ncaltech101 } from './sets/ncaltech101.js'
import { nmnist } from './sets/nmnist.js'

/** Where recordings of ATIS lie in the sets that consist of them; the files do not say their sensor. */
const layouts: readonly (readonly [path: RegExp, set: EventSetInfo])[] = [
  [/(^|[\\/])(Train|Test)[\\/]\d[\\/]\d{5}\.bin$/, nmnist.info],
  // its part that SLAYER comes with
  [/\.bs2$/, nmnist.info],
  [/[\\/]image_\d{4}\.bin$/, ncaltech101.info],
]

/** The set that a recording of ATIS belongs to, by its path. */
export function atisSetOf(path: string): EventSetInfo | undefined {
  return layouts.find(([pattern]) => pattern.test(path))?.[1]
}
