import ts from 'typescript'

/** One name of a report: its declarations, several for a function with overloads. */
export interface Declared {
  readonly isExported: boolean
  readonly isDeprecated: boolean
  readonly nodes: readonly ts.Node[]
}

/** What a report declares, by name. */
export function readDeclared(report: string): Map<string, Declared> {
  const [, code = ''] = /^```ts\n([^]*?)^```$/m.exec(report) ?? []
  const file = ts.createSourceFile('report.ts', code, ts.ScriptTarget.Latest, true)
  const declared = new Map<string, Declared>()
  const add = (name: string, node: ts.Node, isExported: boolean): void => {
    const comments = ts.getLeadingCommentRanges(code, node.getFullStart()) ?? []
    const isDeprecated = comments.some(({ pos, end }) => code.slice(pos, end).includes('@deprecated'))
    const before = declared.get(name)
    declared.set(name, {
      isExported,
      isDeprecated: isDeprecated || (before?.isDeprecated ?? false),
      nodes: [...(before?.nodes ?? []), node],
    })
  }
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) continue
    if (ts.isExportDeclaration(statement)) {
      const names = statement.exportClause
      if (names && ts.isNamedExports(names)) for (const { name } of names.elements) add(name.text, statement, true)
      continue
    }
    const isExported =
      ts.canHaveModifiers(statement) &&
      (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (ts.isVariableStatement(statement))
      for (const variable of statement.declarationList.declarations) add(variable.name.getText(), statement, isExported)
    else if ('name' in statement) add((statement.name as ts.Node).getText(), statement, isExported)
  }
  return declared
}

const printer = ts.createPrinter({ removeComments: true })

/** A declaration as text, without comments, in one shape, and whether or not it is exported. */
export const textOf = (node: ts.Node): string =>
  printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replace(/\s+/g, ' ')
    .replace(/^export (?=(declare |abstract )?(const|class|interface|type|function|enum|namespace|let) )/, '')
