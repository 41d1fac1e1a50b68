import { join } from 'node:path'
import { root } from '../workspace.ts'

/** A program that runs JavaScript modules. */
export interface Runtime {
  readonly name: string
  readonly command: string
  /** What stands before the path of the module. */
  readonly args: readonly string[]
}

const installed = (path: string): string => join(root, 'tooling', 'runtimes', 'node_modules', path)

/** Every Node line that the packages support, the oldest at its oldest supported minor version. */
export const nodes: readonly Runtime[] = [20, 22, 24, 26].map((major) => ({
  name: `Node ${major}`,
  command: installed(`node${major}/bin/node`),
  args: [],
}))

export const otherRuntimes: readonly Runtime[] = [
  { name: 'Deno', command: installed('.bin/deno'), args: ['run', '--allow-all', '--no-remote'] },
  { name: 'Bun', command: installed('.bin/bun'), args: ['run'] },
]
