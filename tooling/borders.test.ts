import { isSnnError } from '../packages/tensor/src/index.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPackages } from './workspace.ts'

/** What callers from JavaScript give by mistake, alone and in the place of a later argument. */
const junk: Readonly<Record<string, () => readonly unknown[]>> = {
  nothing: () => [],
  undefined: () => [undefined],
  null: () => [null],
  'a number': () => [7],
  'a text': () => ['x'],
  'an empty object': () => [{}],
  'an empty array': () => [[]],
  'a Promise': () => [Promise.resolve(1)],
  'a function': () => [() => {}],
  bytes: () => [new Uint8Array(3)],
  'null thrice': () => [null, null, null],
  'two objects': () => [{}, {}],
  'a number and an object': () => [3, {}],
  'a function and null': () => [() => {}, null],
  'numbers below 0': () => [-1, -1],
  'arrays of numbers': () => [[1, 2], [3]],
  'data that are null': () => [{ data: null, shape: [2] }],
}

/** Doors for those who write backends and readers, not for users: what comes in is checked where it is made. */
const inner = ['@snn/codegen', '@snn/equations/formula', '@snn/schedule', '@snn/tensor/backend', '@snn/tensor/testing']

type Call = (...args: readonly unknown[]) => unknown

async function rawError(call: Call, args: readonly unknown[]): Promise<unknown> {
  const isClass = /^class\b/.test(Function.prototype.toString.call(call))
  try {
    const result: unknown = isClass ? Reflect.construct(call, args) : call(...args)
    if (typeof result === 'function' && call !== result) return await rawErrorOfAny(result as Call)
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') return undefined
    let timer: NodeJS.Timeout | undefined
    const hang = new Promise((_, fail) => (timer = setTimeout(() => fail(new Error('no answer in 10 s')), 10_000)))
    const value = await Promise.race([result, hang]).finally(() => clearTimeout(timer))
    await (value as { dispose?: () => unknown } | undefined)?.dispose?.()
    return undefined
  } catch (error) {
    return isSnnError(error) ? undefined : error
  }
}

/** The first error of JavaScript that a function answers some junk with; of one that makes a function, of that, too. */
async function rawErrorOfAny(call: Call): Promise<unknown> {
  for (const [what, args] of Object.entries(junk)) {
    const error = await rawError(call, args())
    if (error !== undefined)
      return `given ${what}: ${typeof error === 'string' ? `what it returns, ${error}` : error instanceof Error ? String(error) : typeof error}`
  }
  return undefined
}

const doors = readPackages()
  .filter((pkg) => !pkg.isApp)
  .flatMap((pkg) => pkg.entries)
  .filter(
    ({ specifier }) =>
      !inner.some((name) => specifier === name || specifier.startsWith(`${name}/`)) && !specifier.includes('/worker'),
  )

/** What writes files finds nothing of another test, and leaves nothing in the repository. */
const home = process.cwd()
let folder: string
beforeEach(() => process.chdir((folder = mkdtempSync(join(tmpdir(), 'borders-')))))
afterEach(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true })
})

describe.each(doors)('$specifier', ({ source }) => {
  it('every function takes junk, or says in an SnnError what is wrong with it', { timeout: 120_000 }, async () => {
    const exported = Object.entries((await import(source)) as Record<string, unknown>)
    const functions = exported.filter((entry): entry is [string, Call] => typeof entry[1] === 'function')
    const raw: string[] = []
    for (const [name, call] of functions) {
      const error = await rawErrorOfAny(call)
      if (error !== undefined) raw.push(`${name}, ${error as string}`)
    }
    expect(raw).toEqual([])
  })
})
