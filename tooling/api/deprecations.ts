import { dirname, join } from 'node:path'
import ts from 'typescript'
import { readPackages, root, type Entry } from '../workspace.ts'

/** A public name that will go, and what its comment says to use instead. */
export interface Deprecation {
  /** What a program imports it from. */
  readonly specifier: string
  /** The name, with the member where that alone is deprecated: `cpu`, `Options.speed`. */
  readonly name: string
  readonly instead: string
}

/** All deprecated names and members of what packages export, from the sources. */
export function deprecations(
  entries: readonly Pick<Entry, 'source' | 'specifier'>[] = readPackages()
    .filter(({ manifest }) => !manifest.private)
    .flatMap((pkg) => pkg.entries),
): Deprecation[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, dirname(root))
  const program = ts.createProgram(
    entries.map(({ source }) => source),
    { ...options, noEmit: true },
  )
  const checker = program.getTypeChecker()
  return entries.flatMap(({ source, specifier }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(source)!)
    const names = module ? checker.getExportsOfModule(module) : []
    return names.flatMap((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
      const members = [...(symbol.members?.values() ?? [])].map(
        (member) => [`${exported.name}.${member.name}`, member] as const,
      )
      return [[exported.name, symbol] as const, ...members].flatMap(([name, found]) => {
        const tag = found.getJsDocTags(checker).find((one) => one.name === 'deprecated')
        return tag ? [{ specifier, name, instead: ts.displayPartsToString(tag.text).replace(/\s+/g, ' ') }] : []
      })
    })
  })
}
