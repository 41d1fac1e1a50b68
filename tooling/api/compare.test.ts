import { describe, expect, it } from 'vitest'
import { compareReports } from './compare.ts'

const report = (code: string): string => `## API Report File for "x"\n\n> Text.\n\n\`\`\`ts\n\n${code}\n\n\`\`\`\n`

/** The kinds of the changes from one piece of code to another. */
const kinds = (before: string, after: string): string[] =>
  compareReports(report(before), report(after)).map(({ name, kind }) => `${name} ${kind}`)

describe('compareReports', () => {
  it('finds nothing in what is the same, or has other comments', () => {
    expect(kinds('// @public\nexport function f(a: number): void;', 'export function f(a:  number): void;')).toEqual([])
  })

  it.each([
    ['export const a: number;', 'export const a: number;\nexport const b: number;', ['b added']],
    ['export const a: number;', '', ['a incompatible']],
    ['export const a: number;', 'const a: number;', ['a incompatible']],
    ['type A = 1;', 'export type A = 1;', ['A added']],
    ['type A = 1;', '', []],
    ['export { add } from "x"', '', ['add incompatible']],
    ['export const a: number;', 'export const a: string;', ['a incompatible']],
    ['// @public\nexport const a: number;', '// @public @deprecated\nexport const a: number;', ['a compatible']],
  ])('names: %s -> %s', (before, after, expected) => expect(kinds(before, after)).toEqual(expected))

  it.each([
    ['a?: number', 'compatible'],
    ['a: number, b?: number', 'compatible'],
    ['b: number', 'compatible'], // names of parameters are nobody's business
    ['a: number, ...rest: number[]', 'compatible'],
    ['a: number, b: number', 'incompatible'],
    ['a: string', 'incompatible'],
    ['...a: number[]', 'incompatible'],
    ['', 'incompatible'],
  ])('a function of (a: number) becomes one of (%s)', (parameters, kind) => {
    expect(kinds('export function f(a: number): void;', `export function f(${parameters}): void;`)).toEqual([
      `f ${kind}`,
    ])
  })

  it('an argument that could be left out must be given, a result is another', () => {
    expect(kinds('export function f(a?: 1): void;', 'export function f(a: 1): void;')).toEqual(['f incompatible'])
    expect(kinds('export function f(): 1;', 'export function f(): 1 | 2;')).toEqual(['f incompatible'])
  })

  it('options may gain members that can be left out, also where they are written in place', () => {
    const f = (options: string): string => `export const f: (options?: { ${options} }) => void;`
    expect(kinds(f('a?: 1'), f('a?: 1; b?: 2'))).toEqual(['f compatible'])
    expect(kinds(f('a?: 1'), f('a?: 1; b: 2'))).toEqual(['f incompatible'])
    expect(kinds(f('a?: 1; b?: 2'), f('a?: 1'))).toEqual(['f incompatible'])
  })

  it.each([
    ['a: number; b?: number', 'compatible'],
    ['a: number; b: number', 'incompatible'],
    ['a?: number', 'incompatible'],
    ['readonly a: number', 'incompatible'],
    ['b: number', 'incompatible'],
  ])('an interface with a: number becomes one with %s', (members, kind) => {
    expect(kinds('export interface A { a: number }', `export interface A { ${members} }`)).toEqual([`A ${kind}`])
  })

  it('a class may gain members, but none that its heirs have to write', () => {
    const a = (members: string): string => `export abstract class A { ${members} }`
    expect(kinds(a('b(): void;'), a('b(): void; c(): void;'))).toEqual(['A compatible'])
    expect(kinds(a('b(): void;'), a('b(): void; abstract c(): void;'))).toEqual(['A incompatible'])
  })

  it('names of a union may become more, not fewer', () => {
    expect(kinds("export type A = 'x' | 'y';", "export type A = 'x' | 'z' | 'y';")).toEqual(['A compatible'])
    expect(kinds("export type A = 'x' | 'y';", "export type A = 'x';")).toEqual(['A incompatible'])
    expect(kinds("export type A = 'x' | B;", "export type A = 'x' | B | 'y';")).toEqual(['A incompatible'])
  })

  it('overloads may be added behind those that are there', () => {
    const [one, two] = ['export function f(a: 1): 1;', 'export function f(a: 2): 2;']
    expect(kinds(one, `${one}\n${two}`)).toEqual(['f compatible'])
    expect(kinds(`${one}\n${two}`, two)).toEqual(['f incompatible'])
  })
})
