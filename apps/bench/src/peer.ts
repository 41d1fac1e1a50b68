import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A program in Python that does the same work as ours, when it is told to (see serve.py). */
export interface Peer extends AsyncDisposable {
  /** What it runs on. */
  readonly versions: Readonly<Record<string, unknown>>
  /** Does the work once; milliseconds as it measured them. */
  run(): Promise<number>
  /** The numbers by which its results are compared with ours. */
  check(): Promise<readonly number[]>
  /** The most memory in bytes that its process ever had. */
  peak(): Promise<number>
}

/**
 * Starts `script`, which lies beside this file, with the Python of SNN_PEER_PYTHON; undefined, with a loud remark, when
 * that is not set. Throws when it is set and the script does not start: then the comparison was meant to be made.
 */
export async function startPeer(script: string, ...args: readonly (string | number)[]): Promise<Peer | undefined> {
  const python = process.env['SNN_PEER_PYTHON']
  if (!python) {
    console.error(
      `\n*** NO PEER: set SNN_PEER_PYTHON (and PYTHONPATH) to a Python that has what ${script} imports. Ours alone is measured, no ratio. ***\n`,
    )
    return undefined
  }
  const child = spawn(python, [fileURLToPath(new URL(script, import.meta.url)), ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done) throw new Error(`${python} ${script} ended without an answer`)
    return JSON.parse(value)
  }
  const ask = async <R>(command: string): Promise<R> => {
    child.stdin.write(`${command}\n`)
    return (await answer()) as R
  }
  const versions = (await answer()) as Record<string, unknown>
  return {
    versions,
    run: () => ask('run'),
    check: () => ask('check'),
    peak: () => ask('peak'),
    async [Symbol.asyncDispose]() {
      child.stdin.end()
      await closed
    },
  }
}

/** Throws when results differ by more than `tolerance` of the larger one: then times would say nothing. */
export function assertSame(what: string, ours: readonly number[], peers: readonly number[], tolerance: number): void {
  const differs =
    ours.length !== peers.length ||
    ours.some(
      (value, i) => !(Math.abs(value - peers[i]!) <= tolerance * Math.max(Math.abs(value), Math.abs(peers[i]!))),
    )
  if (differs)
    throw new Error(
      `${what}: ours gives ${ours.join(', ')}, the peer ${peers.join(', ')}, expected the same within ${tolerance}`,
    )
}
