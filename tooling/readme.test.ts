import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { execute } from './execute.ts'
import { parseExamples, readExamples, toJavaScript } from './readme.ts'
import { isEmpty, readPackages, root, scope } from './workspace.ts'

/** Runs JavaScript that stands, so to say, in `directory`, with all workspace packages from their sources. */
function runFromSources(code: string, directory: string): Promise<string> {
  return execute('node', [`--conditions=${scope}/source`, '--import', 'tsx', '--input-type=module', '-'], {
    cwd: directory,
    input: code,
  })
}

/** What the compiler says of each file, given as text that need not exist on disk. */
function typeErrors(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists } = host
  host.readFile = (path) => files.get(path) ?? readFile(path)
  host.fileExists = (path) => files.has(path) || fileExists(path)
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].flatMap((path) =>
    [
      ...program.getSyntacticDiagnostics(program.getSourceFile(path)),
      ...program.getSemanticDiagnostics(program.getSourceFile(path)),
    ].map((diagnostic) => `${path}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`),
  )
}

const packages = readPackages()

it.each(packages.filter((pkg) => !isEmpty(pkg) && !pkg.isApp))('README of $name has an example that runs', (pkg) => {
  expect(readExamples(pkg).length).toBeGreaterThan(0)
})

const examples = packages.flatMap((pkg) =>
  readExamples(pkg).map((example) => ({ pkg, example, name: pkg.name, line: example.line })),
)

it.each(examples)(
  'example of $name at line $line runs from the sources',
  { timeout: 120_000 },
  async ({ pkg, example }) => {
    await runFromSources(await toJavaScript(example), pkg.directory)
  },
)

it('the examples of all READMEs type-check', { timeout: 120_000 }, () => {
  const files = examples.map(
    ({ pkg, example, line }) =>
      [join(pkg.directory, `README.md.line-${line}.ts`), `${example.code}\nexport {}`] as const,
  )
  expect(typeErrors(new Map(files))).toEqual([])
})

describe('parseExamples', () => {
  it('takes only blocks that open with exactly ts', () => {
    const markdown = '# x\n```ts\nconst a = 1\n```\n```ts fragment\nno\n```\n```sh\nno\n```\n````md\n```ts\n'
    expect(parseExamples(markdown)).toEqual([{ code: 'const a = 1', line: 3 }])
  })

  it('is run and checked: a wrong example is noticed', { timeout: 60_000 }, async () => {
    const example = { code: 'const a: number = "1"\nif (a) throw new Error("noticed")', line: 1 }
    await expect(runFromSources(await toJavaScript(example), root)).rejects.toThrow('noticed')
    expect(typeErrors(new Map([[join(root, 'example.ts'), example.code]]))).toHaveLength(1)
  })
})
