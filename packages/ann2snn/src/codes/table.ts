import { SnnError } from '@snn/tensor'
import { binary } from './binary.js'
import { burst } from './burst.js'
import type { Code, CodeName } from './code.js'
import { delta } from './delta.js'
import { differential } from './differential.js'
import { multiThreshold } from './multi-threshold.js'
import { phase } from './phase.js'
import { signed } from './signed.js'
import { stBif } from './st-bif.js'

/** Every code that a network can be converted to, by name. */
export const codes: Readonly<Record<CodeName, Code>> = {
  binary,
  signed,
  burst,
  phase,
  stBif,
  multiThreshold,
  differential,
  delta,
}

/** @throws `ARGUMENT` for an unknown name */
export function codeNamed(name: string): Code {
  if (Object.hasOwn(codes, name)) return codes[name as CodeName]
  throw new SnnError(
    'ARGUMENT',
    `[convert] code '${name}', expected one of ${Object.keys(codes).join(', ')}. Correct the name.`,
    { name: 'code', value: name },
  )
}
