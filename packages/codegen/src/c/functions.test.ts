import { placeholder, type Tensor } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { compiler, compileUnit } from '../../test/native.js'
import { runKernel } from '../../test/run-kernel.js'
import { functions, type FunctionName } from '../form/functions.js'
import { fuse } from '../form/fuse.js'
import { functionOf } from './functions.js'
import { kernelName, printUnit } from './unit.js'

const names = Object.keys(functions) as FunctionName[]
/** Every 2^15th float, with other low bits each time: of all magnitudes, NaN and the infinities among them. */
const everywhere = (shift: number): Float32Array =>
  new Float32Array(Uint32Array.from({ length: 2 ** 17 }, (_, i) => i * 2 ** 15 + ((i * shift) % 2 ** 15)).buffer)
const near = Float32Array.from({ length: 2 ** 17 }, (_, i) => (i - 2 ** 16) / 2 ** 13)
const special = [0, -0, 1, -1, 0.5, 2, -2, 3, Infinity, -Infinity, NaN, 2 ** -149, -(2 ** -126), 1e38]

describe.skipIf(!compiler)('functions are the same bits as in WebAssembly', () => {
  it.each(names)('%s', async (name) => {
    const [x, y] = [placeholder([2 ** 17]), placeholder([2 ** 17])]
    const result: Tensor = functions[name].parameters === 2 ? x[name as 'pow'](y) : x[name as 'exp']()
    const fused = fuse([result], [], { inside: new Set([result.node]) })!
    const pairs = special.flatMap((a) => special.map((b) => [a, b] as const))
    const [lefts, rights] = [everywhere(77).slice(), everywhere(12345).reverse()]
    pairs.forEach(([a, b], i) => {
      lefts[i] = a
      rights[i] = b
    })
    // throws where the forms differ
    for (const [left, right] of [
      [lefts, rights],
      [near, near.slice().reverse()],
    ] as const) {
      const outputs = await runKernel(
        fused,
        new Map([
          [x, left],
          [y, right],
        ]),
        { block: 4096 },
      )
      expect(new Set(outputs.get(result)).size).toBeGreaterThan(100)
    }
  })

  it('a unit has every function that is called, once', () => {
    const called = { body: [], calls: [...names, ...names].map((name) => functionOf(functions[name])) }
    const text = printUnit([called, called], { is64: false })
    const defined = [...text.matchAll(/^INLINE float scalar_(\w+)/gm)].map(([, name]) => name!)
    expect([...defined].sort()).toEqual([...names].sort())
    expect(compileUnit(text).func(kernelName(1), 'void', [])).toBeTypeOf('function')
  })
})
