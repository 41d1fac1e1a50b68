import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transform } from 'esbuild'
import type { Package } from './workspace.ts'

/** An example of a README: a fenced block that opens with exactly ```ts. One that cannot run alone opens with ```ts fragment. */
export interface Example {
  readonly code: string
  /** The line of the README on which the code begins. */
  readonly line: number
}

/** The runnable examples of Markdown text. */
export function parseExamples(markdown: string): Example[] {
  const examples: Example[] = []
  let open: { info: string; line: number; code: string[] } | undefined
  markdown.split('\n').forEach((text, index) => {
    const fence = /^```(.*)$/.exec(text.trimEnd())
    if (fence && open) {
      if (open.info === 'ts') examples.push({ code: open.code.join('\n'), line: open.line })
      open = undefined
    } else if (fence) open = { info: fence[1]!.trim(), line: index + 2, code: [] }
    else open?.code.push(text)
  })
  return examples
}

export function readExamples({ directory }: Package): Example[] {
  const path = join(directory, 'README.md')
  return existsSync(path) ? parseExamples(readFileSync(path, 'utf8')) : []
}

/** The example as the JavaScript that every supported runtime takes. */
export async function toJavaScript({ code }: Example): Promise<string> {
  return (await transform(code, { loader: 'ts', format: 'esm', target: 'es2022' })).code
}
