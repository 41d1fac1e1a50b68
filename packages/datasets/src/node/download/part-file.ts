import { randomUUID } from 'node:crypto'
import { readdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { asOutputError, makeFolder, outputTarget } from '@snn/tensor/node'

/**
 * Runs `work` with a file for what has come of `path`, which no other download uses: what an earlier one left in
 * `path.part` is its beginning. When
 * `work` ends, the file gets its name; when it fails, what has come is left in `path.part` for the next one. Throws
 * `OUTPUT`.
 */
export async function withPart(path: string, work: (part: string) => Promise<void>): Promise<void> {
  await makeFolder(dirname(path))
  const target = (await outputTarget(path)).path // links followed
  const own = `${target}.${process.pid}-${randomUUID().slice(0, 8)}.part`
  const move = (from: string, to: string): Promise<boolean> =>
    rename(from, to).then(
      () => true,
      () => false,
    )
  for (const left of await leftOver(target)) if (await move(left, own)) break
  try {
    await work(own)
    await rename(own, target)
  } catch (error) {
    throw asOutputError(error, path)
  } finally {
    await move(own, `${target}.part`) // there is none when it is whole, or when nothing came
  }
}

/** What downloads left that are over: `NAME.part`, and `NAME.PID-ID.part` of a process that was killed. */
async function leftOver(target: string): Promise<string[]> {
  const start = `${basename(target)}.`
  const names = (await readdir(dirname(target))).filter((name) => {
    if (!name.startsWith(start) || !name.endsWith('part')) return false
    const [, pid] = /^(?:(\d+)-[\da-f]{8}\.)?part$/.exec(name.slice(start.length)) ?? ['', '0']
    return pid === undefined || (pid !== '0' && !isRunning(Number(pid)))
  })
  return names.map((name) => join(dirname(target), name))
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
