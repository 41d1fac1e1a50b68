import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

/** The part of `snn eval --json` that is used here. */
export interface Evaluation {
  readonly ann: { readonly accuracy: number; readonly seconds: number }
  readonly snn: readonly {
    readonly steps: number
    readonly accuracy: number
    readonly spikesPerNeuronPerStep: number
    readonly seconds: number
  }[]
}

/** Runs the command line as a user does, and gives the object that it prints with `--json`. */
export async function snn(...args: string[]): Promise<unknown> {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const output = await text(child.stdout)
  const status = await closed
  if (status !== 0) throw new Error(`snn ${args.join(' ')} ended with ${status}`)
  return JSON.parse(output)
}
