import { dirname, join } from 'node:path'
import ts from 'typescript'
import { root, type Entry } from '../workspace.ts'
import { place } from './module-graph.ts'

/** Names that packages export and that nothing explains, each with its place. */
export function undocumentedNames(
  packages: readonly { readonly entries: readonly Pick<Entry, 'source'>[] }[],
): string[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.base.json'), (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, dirname(root))
  const entries = packages.flatMap((pkg) => pkg.entries.map(({ source }) => source))
  const program = ts.createProgram(entries, { ...options, noEmit: true })
  const checker = program.getTypeChecker()
  const names = entries.flatMap((entry) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)
    return module ? checker.getExportsOfModule(module) : []
  })
  const symbols = names.map((name) => (name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name))
  return [...new Set(symbols)].flatMap((symbol) => {
    const [declaration] = symbol.declarations ?? []
    if (!declaration || isExplained(symbol, checker)) return []
    const file = declaration.getSourceFile()
    if (file.fileName.includes('node_modules')) return []
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart())
    return [`${place({ path: file.fileName }, line + 1)} ${symbol.name}`]
  })
}

/** By a comment, or, options and other plain objects, by one on each member. */
function isExplained(symbol: ts.Symbol, checker: ts.TypeChecker): boolean {
  if (symbol.getDocumentationComment(checker).length > 0) return true
  const members = symbol.flags & ts.SymbolFlags.Interface ? checker.getDeclaredTypeOfSymbol(symbol).getProperties() : []
  return members.length > 0 && members.every((member) => member.getDocumentationComment(checker).length > 0)
}
