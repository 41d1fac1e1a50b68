import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { placeOf } from './place.js'

const packages = fileURLToPath(new URL('../../', import.meta.url))
const stack = (...frames: string[]): string => ['Error: x', ...frames.map((frame) => `    at ${frame}`)].join('\n')

describe('the line of the user', () => {
  it.each<[string, string[], string]>([
    [
      'npm',
      ['add (file:///app/node_modules/@snn/tensor/dist/chunk-A.js:1:2)', 'file:///app/main.js:3:4'],
      '/app/main.js:3:4',
    ],
    [
      'pnpm',
      [
        'x (file:///app/node_modules/.pnpm/@snn+tensor@1.0.0/node_modules/@snn/tensor/dist/index.js:1:2)',
        'y (file:///app/node_modules/.pnpm/@snn+nn@1.0.0/node_modules/@snn/nn/dist/index.js:9:9)',
        'main (/app/main.ts:3:4)',
      ],
      '/app/main.ts:3:4',
    ],
    [
      'a monorepo of the user',
      ['x (file:///m/node_modules/@snn/tensor/dist/a.js:1:2)', 'file:///m/packages/net/src/main.ts:3:4'],
      '/m/packages/net/src/main.ts:3:4',
    ],
    [
      'Windows',
      ['x (file:///C:/m/node_modules/@snn/tensor/dist/a.js:1:2)', 'file:///C:/a%20b/main.ts:3:4'],
      'C:/a b/main.ts:3:4',
    ],
    [
      'a library between',
      [
        'x (file:///m/node_modules/@snn/tensor/dist/a.js:1:2)',
        'y (file:///m/node_modules/layers/index.js:5:6)',
        'file:///m/main.js:3:4',
      ],
      '/m/main.js:3:4',
    ],
    [
      'nothing but a library',
      ['x (file:///m/node_modules/@snn/tensor/dist/a.js:1:2)', 'y (file:///m/node_modules/layers/index.js:5:6)'],
      '/m/node_modules/layers/index.js:5:6',
    ],
    [
      'this workspace',
      [
        `x (file://${packages}tensor/src/tensor.ts:1:2)`,
        `y (${packages}nn/src/network.ts:1:2)`,
        '/work/program.ts:3:4',
      ],
      '/work/program.ts:3:4',
    ],
    [
      'a test of this workspace',
      [`x (file://${packages}tensor/src/tensor.ts:1:2)`, `${packages}nn/src/network.test.ts:3:4`],
      `${packages}nn/src/network.test.ts:3:4`,
    ],
    [
      'blanks and brackets',
      [
        'x (file:///m/node_modules/@snn/tensor/dist/a.js:1:2)',
        'new Net [as make] (file:///m/My%20Net%20(2)/main.js:3:4)',
      ],
      '/m/My Net (2)/main.js:3:4',
    ],
    [
      'no function',
      ['x (file:///m/node_modules/@snn/tensor/dist/a.js:1:2)', '/m/My Net (2)/main.js:3:4'],
      '/m/My Net (2)/main.js:3:4',
    ],
    [
      'Windows',
      ['x (file:///C:/m/node_modules/@snn/tensor/dist/a.js:1:2)', 'main (C:\\m\\src\\main.ts:3:4)'],
      'C:\\m\\src\\main.ts:3:4',
    ],
    [
      'a page',
      [
        'x (http://localhost:5173/node_modules/.vite/deps/@snn_tensor.js?v=1:1:2)',
        'async main (http://localhost:5173/src/main.ts?t=1:3:4)',
      ],
      'http://localhost:5173/src/main.ts?t=1:3:4',
    ],
  ])('%s', (_, frames, expected) => {
    expect(placeOf(stack(...frames))).toBe(expected)
  })

  it('is read of the stacks of Firefox and Safari', () => {
    expect(placeOf('add@https://a.b/node_modules/@snn/tensor/dist/index.js:1:2\nmain@https://a.b/main.js:3:4\n')).toBe(
      'https://a.b/main.js:3:4',
    )
    expect(placeOf('@https://a.b/@fs/main.js:3:4\n')).toBe('https://a.b/@fs/main.js:3:4')
  })
})
