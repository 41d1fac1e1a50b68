/**
 * A module of Node, where there is such a one: asked for at run time, so that bundlers for browsers do not look for it.
 */
export function builtinModule(name: string): unknown {
  const { process } = globalThis as { readonly process?: { getBuiltinModule?(name: string): unknown } }
  return process?.getBuiltinModule?.(name)
}
