import { spawn } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { startOf } from './spawn.mjs'
import { root } from './workspace.ts'

export interface Execution {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What the program reads from its standard input. */
  readonly input?: string
}

/**
 * Runs a program to its end and gives what it printed on standard output. Throws with all it printed when its exit code
 * is not 0.
 */
export async function execute(
  command: string,
  args: readonly string[],
  { cwd = root, env = {}, input = '' }: Execution = {},
): Promise<string> {
  const started = startOf(command, args)
  const child = spawn(started.command, started.args, { cwd, shell: started.shell, env: { ...inherited(), ...env } })
  child.stdin.on('error', () => {}) // the program may end without reading its input
  child.stdin.end(input)
  const exit = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
  const [status, stdout, stderr] = await Promise.all([exit, text(child.stdout), text(child.stderr)])
  if (status !== 0)
    throw new Error(`${[command, ...args].join(' ')} in ${cwd} ended with ${status}:\n${stdout}\n${stderr}`)
  return stdout
}

/**
 * The environment of this process without what a test runner or a package manager put there for itself, such as
 * `NODE_PATH`, with which a program would find packages that it has not installed.
 */
function inherited(): Record<string, string> {
  const own = /^(VITEST|NODE_ENV$|NODE_OPTIONS$|NODE_PATH$|npm_|pnpm_|INIT_CWD$|TEST$|DEV$|PROD$|MODE$|BASE_URL$)/i
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !own.test(entry[0]),
  )
  const path = [join(root, 'node_modules', '.bin'), join(root, 'tooling', 'node_modules', '.bin'), process.env['PATH']]
  return {
    ...Object.fromEntries(kept),
    PATH: path.join(delimiter),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    NO_COLOR: '1',
  }
}
