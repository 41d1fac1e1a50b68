import { join } from 'node:path'
import ts from 'typescript'
import { root } from '../workspace.ts'

export interface TypeOptions {
  /** With the types of Node, which bring more of the language along. Default: none but what `lib` has. */
  readonly node?: boolean
}

/**
 * What a strict compiler says of files of a project and of every declaration that they reach, third ones too, with the
 * libraries `ES2022` and `DOM` alone.
 */
export function typeErrorsIn(
  directory: string,
  files: readonly string[],
  { node = false }: TypeOptions = {},
): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: node ? ['node'] : [],
    typeRoots: [join(root, 'node_modules', '@types')],
  }
  const program = ts.createProgram(
    files.map((file) => join(directory, file)),
    options,
  )
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const place = file
      ? `${file.fileName.replace(`${directory}/`, '')}:${file.getLineAndCharacterOfPosition(start!).line + 1}: `
      : ''
    return place + ts.flattenDiagnosticMessageText(messageText, '\n')
  })
}
