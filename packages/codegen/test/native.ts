import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import koffi from 'koffi'
import { unitFlags } from '../src/index.js'

/** The C compiler that tests use, with its first arguments; undefined where there is none, which is said. */
export const compiler = ((): readonly string[] | undefined => {
  const { CC } = process.env
  for (const command of CC ? [CC.split(' ')] : [['cc'], ['clang'], ['gcc'], ['zig', 'cc']]) {
    try {
      execFileSync(command[0]!, [...command.slice(1), '--version'], { stdio: 'ignore' })
      return command
    } catch {
      // the next one
    }
  }
  console.warn('Tests of native kernels are skipped: there is no C compiler (CC, cc, clang, gcc, zig cc)')
  return undefined
})()

/** Compiles a translation unit with the flags that kernels are compiled with. */
export function compileUnit(text: string, flags: readonly string[] = ['-march=native']): ReturnType<typeof koffi.load> {
  const folder = mkdtempSync(join(tmpdir(), 'snn-unit-'))
  try {
    const path = join(folder, 'unit.so')
    execFileSync(
      compiler![0]!,
      [...compiler!.slice(1), ...unitFlags, ...flags, '-shared', '-fPIC', '-x', 'c', '-', '-o', path, '-lm'],
      { input: text, stdio: ['pipe', 'ignore', 'pipe'] },
    )
    return koffi.load(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Where memory begins, for the process. */
export function addressOf(memory: WebAssembly.Memory): number {
  return Number(koffi.address(new Uint8Array(memory.buffer)))
}
