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
}

/** Doors for those who write backends and readers, not for users: what comes in is checked where it is made. */
const inner = ['@snn/codegen', '@snn/tensor/backend', '@snn/tensor/testing']

/**
 * Functions that still answer some junk with an error of JavaScript: helpers on values that have been checked before (shapes, graphs, nodes), and, of
 * @snn/datasets, transforms of events. Take names out, add none.
 */
const unchecked: Readonly<Record<string, readonly string[]>> = {
  '@snn/datasets': ['blobSource', 'bytesSource', 'concatEvents', 'detectFormat', 'dropEventByArea', 'dropEventByTime', 'eventStreamMessages', 'frameShape', 'indexOfTime', 'isSorted', 'keepEvents', 'parseNpy', 'selectEvents', 'sliceEvents', 'splitByClass', 'streamFrames'],
  '@snn/datasets/node': ['aslDvs', 'davisZurich', 'nerdd', 'readHdf5Filter', 'speechCommands', 'tumVie', 'vpr', 'workerDataset'],
  '@snn/neuron': ['foldMpbn'],
  '@snn/nn': ['fanInUniform', 'linearRecurrentLayer', 'recurrentLayer', 'upsample'],
  '@snn/onnx': ['constantInput', 'floatAttribute', 'floatsAttribute', 'intAttribute', 'intsAttribute', 'numbersInput', 'numbersOf', 'stringAttribute', 'tensorAttribute', 'tensorOf', 'valueOf'],
  '@snn/surrogate': ['numberFault', 'parameterFault'],
  '@snn/tensor': ['broadcastShapes', 'checkMembers', 'fileKind', 'fillUniform', 'formatShape', 'isPrimitive', 'keepAsBytes', 'sameShape', 'sizeOf', 'splitScans', 'stridesOf', 'topological', 'unrollScans'],
}

type Call = (...args: readonly unknown[]) => unknown

async function rawError(call: Call, args: readonly unknown[]): Promise<unknown> {
  const isClass = /^class\b/.test(Function.prototype.toString.call(call))
  try {
    const result: unknown = isClass ? Reflect.construct(call, args) : call(...args)
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

const doors = readPackages()
  .filter((pkg) => !pkg.isApp)
  .flatMap((pkg) => pkg.entries)
  .filter(({ specifier }) => !inner.some((name) => specifier === name || specifier.startsWith(`${name}/`)) && !specifier.includes('/worker'))

/** What writes files finds nothing of another test, and leaves nothing in the repository. */
const home = process.cwd()
let folder: string
beforeEach(() => process.chdir((folder = mkdtempSync(join(tmpdir(), 'borders-')))))
afterEach(() => {
  process.chdir(home)
  rmSync(folder, { recursive: true })
})

describe.each(doors)('$specifier', ({ specifier, source }) => {
  it('every function takes junk, or says in an SnnError what is wrong with it', { timeout: 120_000 }, async () => {
    const exported = Object.entries((await import(source)) as Record<string, unknown>)
    const functions = exported.filter((entry): entry is [string, Call] => typeof entry[1] === 'function')
    const raw = new Map<string, string>()
    for (const [name, call] of functions) {
      for (const [what, args] of Object.entries(junk)) {
        const error = await rawError(call, args())
        if (error !== undefined && !raw.has(name)) raw.set(name, `${name}, given ${what}: ${error instanceof Error ? String(error) : typeof error}`)
      }
    }
    const allowed = unchecked[specifier] ?? []
    expect([...raw].filter(([name]) => !allowed.includes(name)).map(([, message]) => message)).toEqual([])
    expect(allowed.filter((name) => !raw.has(name)), 'checked by now: take it out of the list').toEqual([])
  })
})
