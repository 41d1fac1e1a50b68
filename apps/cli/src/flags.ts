import { SnnError } from '@snn/tensor'

/** Throws `ARGUMENT` for a flag that would do nothing: `what` it was given for, and `whom` it is meant for. */
export function refuseFlags(
  operation: string,
  what: string,
  whom: string,
  flags: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false) continue
    throw new SnnError('ARGUMENT', `[${operation}] ${name} for ${what}, expected it only ${whom}. Leave it out.`, {
      name,
      value,
    })
  }
}
