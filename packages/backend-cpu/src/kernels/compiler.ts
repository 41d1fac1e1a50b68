import { unitFlags } from '@snn/codegen'
import { builtinModule, nodeProcess } from '../builtin-module.js'

interface Child {
  readonly pid?: number | undefined
  readonly stderr: { on(event: 'data', listener: (text: Uint8Array) => void): void; ref?(): void; unref?(): void }
  on(event: 'error', listener: (error: Error) => void): void
  on(event: 'close', listener: (code: number | null) => void): void
  kill(): void
  ref(): void
  unref(): void
}

interface ChildProcess {
  spawn(
    command: string,
    args: readonly string[],
    options: {
      readonly stdio: readonly ['ignore', 'ignore', 'pipe']
      readonly windowsHide: true
      readonly detached: boolean
    },
  ): Child
}

/** What a compiler is called with, for this processor, and with the instructions that all of its kind have. */
export const flagSets: readonly (readonly string[])[] = [[...unitFlags, '-march=native'], unitFlags]

/** Commands of C compilers in the order in which they are tried: `CC` alone where it is set, as it is for make. */
function commands(): readonly (readonly string[])[] {
  const { CC } = nodeProcess().env
  return CC?.trim() ? [CC.trim().split(/\s+/)] : [['cc'], ['clang'], ['gcc'], ['zig', 'cc']]
}

const hasGroups = (): boolean => nodeProcess().platform !== 'win32'

/** Ends a compiler when the process ends, or `signal` says so; gives what is to be called when it has ended. */
function whileRunning(child: Child, signal: AbortSignal | undefined): () => void {
  const kill = (): void => {
    // who gives the signal waits for the end
    child.ref()
    child.stderr.ref?.()
    try {
      // a compiler is several processes: its group; Windows has none
      if (hasGroups()) nodeProcess().kill(-child.pid!, 'SIGTERM')
      else child.kill()
    } catch {
      // it has ended
    }
  }
  signal?.addEventListener('abort', kill)
  nodeProcess().once('exit', kill)
  return () => {
    signal?.removeEventListener('abort', kill)
    nodeProcess().removeListener('exit', kill)
  }
}

/** How a compiler runs. */
export interface Beside {
  /** Whether somebody waits for it; else the process may end before it does. */
  readonly isAwaited: boolean
  readonly signal?: AbortSignal
}

/** Runs a command beside us, at the lowest priority; gives its complaint, undefined where it has none. */
async function run(
  command: readonly string[],
  args: readonly string[],
  { isAwaited, signal }: Beside,
): Promise<string | undefined> {
  signal?.throwIfAborted()
  const { spawn } = builtinModule('node:child_process') as ChildProcess
  const os = builtinModule('node:os') as { setPriority(pid: number, priority: number): void }
  return await new Promise((resolve) => {
    const child = spawn(command[0]!, [...command.slice(1), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      windowsHide: true,
      detached: hasGroups(),
    })
    const stop = whileRunning(child, signal)
    const end = (complaint: string | undefined): void => {
      stop()
      resolve(complaint)
    }
    let said = ''
    child.stderr.on('data', (text) => (said += new TextDecoder().decode(text)))
    child.on('error', (error) => end(error.message))
    child.on('close', (code) => end(code === 0 ? undefined : said.trim().split('\n')[0] || `it ended with ${code}`))
    if (!isAwaited) {
      child.unref()
      child.stderr.unref?.()
    }
    try {
      if (child.pid !== undefined) os.setPriority(child.pid, 19)
    } catch {
      // it may have ended, or the system may not let us: it is only slower for others then
    }
  })
}

/** The first C compiler of the machine that answers. Throws where there is none. */
export async function findCompiler(beside: Beside): Promise<readonly string[]> {
  const tried: string[] = []
  for (const command of commands()) {
    const complaint = await run(command, ['--version'], beside)
    if (complaint === undefined) return command
    tried.push(`${command.join(' ')}: ${complaint}`)
  }
  throw new Error(`there is no C compiler (${tried.join('; ')})`)
}

/** Compiles the file `from` to the object `to`. Throws with what the compiler says. */
export async function compileFile(
  command: readonly string[],
  from: string,
  to: string,
  flags: readonly string[],
  beside: Beside,
): Promise<void> {
  const complaint = await run(command, [...flags, '-shared', '-fPIC', '-o', to, from, '-lm'], beside)
  if (complaint !== undefined) throw new Error(`${command.join(' ')} fails: ${complaint}`)
}
