/**
 * A module of Node, where there is such a one: asked for at run time, so that bundlers for browsers do not look for it.
 */
export function builtinModule(name: string): unknown {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } }
  return process?.getBuiltinModule?.(name)
}

/** The part of the process of Node that is used here. */
export interface NodeProcess {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: string
  getuid?(): number
  kill(process: number, signal: 'SIGTERM'): void
  once(event: 'exit', listener: () => void): void
  removeListener(event: 'exit', listener: () => void): void
}

export function nodeProcess(): NodeProcess {
  return builtinModule('node:process') as NodeProcess
}
