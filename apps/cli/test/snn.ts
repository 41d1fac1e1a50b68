import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The folder of this package. */
export const app = fileURLToPath(new URL('..', import.meta.url))
const tsx = pathToFileURL(createRequire(join(app, '../../package.json')).resolve('tsx')).href

/** What runs a file of `src` as a user's shell would run the built one. */
export function commandOf(file: string, args: readonly string[]): [command: string, args: string[]] {
  return [process.execPath, ['--conditions=@snn/source', '--import', tsx, join(app, 'src', file), ...args]]
}

/** Starts a program with its input and outputs in pipes. */
export function start(command: string, args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(command, args, { cwd: app, env: { ...process.env, TERM: 'xterm' } })
}

/** What a program prints until it ends, and its exit code. */
export async function finish(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}

/** Runs the command line to its end. */
export function snn(...args: string[]): Promise<Finished> {
  const child = start(...commandOf('main.ts', args))
  child.stdin.end()
  return finish(child)
}
