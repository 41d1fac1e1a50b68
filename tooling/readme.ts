import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import type { Package } from './workspace.ts'

/**
 * An example of a README: a fenced block that opens with exactly ```ts. One that cannot run alone opens with ```ts
 * fragment.
 */
export interface Example {
  readonly code: string
  /** The line of the README on which the code begins. */
  readonly line: number
}

/** A fenced block: what stands behind the backticks that open it, and its text. */
export interface Block extends Example {
  readonly info: string
}

/** The fenced blocks of Markdown text. */
export function parseBlocks(markdown: string): Block[] {
  const blocks: Block[] = []
  let open: { info: string; line: number; code: string[] } | undefined
  markdown.split('\n').forEach((text, index) => {
    const fence = /^```(.*)$/.exec(text.trimEnd())
    if (fence && open) {
      blocks.push({ info: open.info, code: open.code.join('\n'), line: open.line })
      open = undefined
    } else if (fence) open = { info: fence[1]!.trim(), line: index + 2, code: [] }
    else open?.code.push(text)
  })
  return blocks
}

/** The runnable examples of Markdown text. */
export function parseExamples(markdown: string): Example[] {
  return parseBlocks(markdown).flatMap(({ info, code, line }) => (info === 'ts' ? [{ code, line }] : []))
}

/** The README of a package. */
export function readReadme({ directory }: Package): string {
  const path = join(directory, 'README.md')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

export function readExamples(pkg: Package): Example[] {
  return parseExamples(readReadme(pkg))
}

/** The example as the JavaScript that every supported runtime takes. */
export async function toJavaScript({ code }: Example): Promise<string> {
  return (await transform(code, { loader: 'ts', format: 'esm', target: 'es2022' })).code
}
