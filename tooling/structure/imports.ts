import ts from 'typescript'

export interface Import {
  /** The module asked for; undefined when it is not a literal. */
  readonly specifier: string | undefined
  /** The names of the values it brings in; none when it brings only types, `*` for all. */
  readonly values: readonly string[]
  readonly line: number
}

export interface ModuleFacts {
  readonly imports: readonly Import[]
  /** Lines with `await` outside any function. */
  readonly topLevelAwaits: readonly number[]
  /** Lines of CommonJS: `require(...)`, `import x = require(...)`, `export =`, `module.exports`. */
  readonly commonJs: readonly number[]
  /** Lines of top-level statements other than `export { names } from '...'`. */
  readonly notNamedReexports: readonly number[]
}

/** Everything that a TypeScript module asks of other modules, and what the rules of the workspace forbid in it. */
export function readModule(path: string, text: string): ModuleFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const imports: Import[] = []
  const topLevelAwaits: number[] = []
  const commonJs: number[] = []
  const lineOf = (node: ts.Node): number => file.getLineAndCharacterOfPosition(node.getStart()).line + 1
  const add = (node: ts.Node, specifier: ts.Node | undefined, values: readonly string[]): void => {
    imports.push({
      specifier: specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined,
      values,
      line: lineOf(node),
    })
  }

  const visit = (node: ts.Node, insideFunction: boolean): void => {
    if (ts.isImportDeclaration(node)) add(node, node.moduleSpecifier, importedValues(node.importClause))
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node, node.moduleSpecifier, exportedValues(node))
    else if (ts.isImportTypeNode(node))
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, [])
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node, node.arguments[0], ['*'])
    else if (isCommonJs(node)) commonJs.push(lineOf(node))
    else if (!insideFunction && isAwait(node)) topLevelAwaits.push(lineOf(node))
    ts.forEachChild(node, (child) => visit(child, insideFunction || ts.isFunctionLike(node)))
  }
  visit(file, false)
  for (const { fileName, pos } of file.typeReferenceDirectives) {
    imports.push({ specifier: fileName, values: [], line: file.getLineAndCharacterOfPosition(pos).line + 1 })
  }
  const notNamedReexports = file.statements.filter((statement) => !isNamedReexport(statement)).map(lineOf)
  return { imports, topLevelAwaits, commonJs, notNamedReexports }
}

function importedValues(clause: ts.ImportClause | undefined): string[] {
  if (!clause) return ['*']
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return []
  const bindings = clause.namedBindings
  const named = !bindings ? [] : ts.isNamespaceImport(bindings) ? ['*'] : valueNames(bindings.elements)
  return clause.name ? ['default', ...named] : named
}

function exportedValues(node: ts.ExportDeclaration): string[] {
  if (node.isTypeOnly) return []
  return node.exportClause && ts.isNamedExports(node.exportClause) ? valueNames(node.exportClause.elements) : ['*']
}

function valueNames(elements: ts.NodeArray<ts.ImportSpecifier | ts.ExportSpecifier>): string[] {
  return elements.filter((element) => !element.isTypeOnly).map((element) => (element.propertyName ?? element.name).text)
}

function isNamedReexport(statement: ts.Statement): boolean {
  if (!ts.isExportDeclaration(statement) || !statement.exportClause || !ts.isNamedExports(statement.exportClause))
    return false
  return statement.moduleSpecifier !== undefined || statement.exportClause.elements.length === 0
}

function isAwait(node: ts.Node): boolean {
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier !== undefined)) return true
  return ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing
}

function isCommonJs(node: ts.Node): boolean {
  if (ts.isImportEqualsDeclaration(node)) return ts.isExternalModuleReference(node.moduleReference)
  if (ts.isExportAssignment(node)) return node.isExportEquals === true
  if (ts.isCallExpression(node)) return ts.isIdentifier(node.expression) && node.expression.text === 'require'
  return ts.isPropertyAccessExpression(node) && node.getText() === 'module.exports'
}
