import { setCatalogue } from './catalogue.js'
import type { SetInfo } from './set.js'

/** Where recordings of ATIS lie in the sets that consist of them; the files do not say their sensor. */
const layouts: readonly (readonly [path: RegExp, set: SetInfo])[] = [
  [/(^|[\\/])(Train|Test)[\\/]\d[\\/]\d{5}\.bin$/, setCatalogue.nmnist],
  // its part that SLAYER comes with
  [/\.bs2$/, setCatalogue.nmnist],
  [/[\\/]image_\d{4}\.bin$/, setCatalogue.ncaltech101],
]

/** The set that a recording of ATIS belongs to, by its path. */
export function atisSetOf(path: string): SetInfo | undefined {
  return layouts.find(([pattern]) => pattern.test(path))?.[1]
}
