import ts from 'typescript'
import { textOf } from './declared.ts'

/** Whether code for the old form is right for the new one, and what the difference is. */
export interface Fit {
  readonly fits: boolean
  readonly what: string
}

const same: Fit = { fits: true, what: 'is written in another way' }
const wrong = (what: string): Fit => ({ fits: false, what })

/**
 * Compares two declarations by their form alone, on the safe side: what is not known to be harmless counts as
 * incompatible. Harmless are members and parameters that may be left out, more members of a class, and more names in a
 * union of literals.
 */
export function compatible(old: ts.Node, now: ts.Node): Fit {
  if (textOf(old) === textOf(now)) return same
  if (ts.isInterfaceDeclaration(old) && ts.isInterfaceDeclaration(now))
    return sameHead(old, now) ?? members(old.members, now.members, false)
  if (ts.isClassDeclaration(old) && ts.isClassDeclaration(now))
    return sameHead(old, now) ?? members(old.members, now.members, true)
  if (ts.isFunctionDeclaration(old) && ts.isFunctionDeclaration(now)) return signature(old, now)
  if (ts.isTypeAliasDeclaration(old) && ts.isTypeAliasDeclaration(now))
    return listOf(old.typeParameters) === listOf(now.typeParameters)
      ? type(old.type, now.type)
      : wrong('has other type parameters')
  if (ts.isVariableStatement(old) && ts.isVariableStatement(now)) {
    const [a, b] = [old.declarationList.declarations[0]!.type, now.declarationList.declarations[0]!.type]
    return a && b ? type(a, b) : wrong('has another value')
  }
  return wrong('is declared in another way')
}

const listOf = (nodes: readonly ts.Node[] | undefined): string => (nodes ?? []).map(textOf).join()

type Headed = ts.InterfaceDeclaration | ts.ClassDeclaration

function sameHead(old: Headed, now: Headed): Fit | undefined {
  if (listOf(old.typeParameters) !== listOf(now.typeParameters)) return wrong('has other type parameters')
  return listOf(old.heritageClauses) === listOf(now.heritageClauses) ? undefined : wrong('extends something else')
}

type Member = ts.TypeElement | ts.ClassElement

/** Members by name; a name may have several, as overloads do. */
const byName = (list: readonly Member[]): Map<string, Member[]> =>
  Map.groupBy(list, (member) => member.name?.getText() ?? ts.SyntaxKind[member.kind])

function members(old: readonly Member[], now: readonly Member[], ofClass: boolean): Fit {
  const [before, after] = [byName(old), byName(now)]
  for (const [name, list] of before) {
    const next = after.get(name)
    if (!next) return wrong(`has no ${name} any more`)
    for (const [index, member] of list.entries()) {
      const fit = next[index] ? compareMember(member, next[index]) : wrong('has fewer overloads')
      if (!fit.fits) return wrong(`${name} ${fit.what}`)
    }
  }
  for (const [name, list] of after) {
    const mayBeLeftOut = ofClass ? !isAbstract(list[0]!) : isOptional(list[0]!)
    if (!before.has(name) && !mayBeLeftOut) return wrong(`${name} is new and must be there`)
  }
  return { fits: true, what: 'has more members' }
}

const isAbstract = (member: Member): boolean =>
  ts.canHaveModifiers(member) &&
  (ts.getModifiers(member) ?? []).some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword)

const isOptional = (member: Member): boolean => 'questionToken' in member && member.questionToken !== undefined

function compareMember(old: Member, now: Member): Fit {
  if (textOf(old) === textOf(now)) return same
  if (isOptional(old) !== isOptional(now)) return wrong('may be left out in one of them alone')
  const properties = isProperty(old) && isProperty(now)
  if (properties && modifiers(old) === modifiers(now) && old.type && now.type) return type(old.type, now.type)
  return ts.isFunctionLike(old) && ts.isFunctionLike(now) && old.kind === now.kind
    ? signature(old, now)
    : wrong('differs')
}

const isProperty = (member: Member): member is ts.PropertySignature | ts.PropertyDeclaration =>
  ts.isPropertySignature(member) || ts.isPropertyDeclaration(member)

const modifiers = (member: ts.PropertySignature | ts.PropertyDeclaration): string => listOf(member.modifiers)

function signature(old: ts.SignatureDeclaration, now: ts.SignatureDeclaration): Fit {
  if (listOf(old.typeParameters) !== listOf(now.typeParameters)) return wrong('has other type parameters')
  if ((old.type ? textOf(old.type) : '') !== (now.type ? textOf(now.type) : '')) return wrong('gives something else')
  for (const [index, parameter] of old.parameters.entries()) {
    const next = now.parameters[index]
    const what = `parameter ${parameter.name.getText()}`
    if (!next) return wrong(`has no ${what} any more`)
    if (parameter.questionToken && !next.questionToken) return wrong(`${what} must be given`)
    if ((parameter.dotDotDotToken === undefined) !== (next.dotDotDotToken === undefined))
      return wrong(`${what} differs`)
    const fit = parameter.type && next.type ? type(parameter.type, next.type) : wrong('differs')
    if (!fit.fits) return wrong(`${what} ${fit.what}`)
  }
  const more = now.parameters.slice(old.parameters.length)
  return more.every(({ questionToken, dotDotDotToken }) => questionToken ?? dotDotDotToken)
    ? { fits: true, what: 'takes more' }
    : wrong('takes a parameter more, which must be given')
}

function type(old: ts.TypeNode, now: ts.TypeNode): Fit {
  if (textOf(old) === textOf(now)) return same
  if (ts.isTypeLiteralNode(old) && ts.isTypeLiteralNode(now)) return members(old.members, now.members, false)
  if (ts.isFunctionTypeNode(old) && ts.isFunctionTypeNode(now)) return signature(old, now)
  const [before, after] = [literals(old), literals(now)]
  return before.length > 0 && before.every((name) => after.includes(name))
    ? { fits: true, what: 'has more names' }
    : wrong('has another type')
}

/** The members of a union of literals; nothing for other types. */
function literals(node: ts.TypeNode): string[] {
  const list = ts.isUnionTypeNode(node) ? node.types : [node]
  return list.every(ts.isLiteralTypeNode) ? list.map(textOf) : []
}
