import { philox, uniformBits } from '../form/philox.js'
import { randomBlock, randomWords } from '../layout/arguments.js'
import { block, floatText } from './text.js'
import type { CKernel } from './unit.js'

/**
 * Uniform random numbers in [0, 1), as many as the argument `length` says, in blocks: bit for bit what `fillUniform` of
 * @snn/tensor gives.
 */
export function randomC(): CKernel {
  const lines: string[] = []
  let count = 0
  const bind = (type: 'u32' | 'u64', text: string): string => {
    lines.push(`const ${type} w${count} = ${text};`)
    return `w${count++}`
  }
  const words = philox<string>(
    {
      number: (value) => `${value >>> 0}u`,
      add: (x, y) => `(${x} + ${y})`,
      xor: (x, y) => bind('u32', `${x} ^ ${y}`),
      product: (x, y) => {
        const whole = bind('u64', `(u64)${x} * ${y}`)
        return { low: `(u32)${whole}`, high: `(u32)(${whole} >> 32)` }
      },
    },
    ['(u32)b', '0u', 'offset', '0u'],
    ['key0', 'key1'],
  )
  const numbers = words.map(
    (bits) => `(float)(i32)((${bits}) >> ${uniformBits.shift}) * ${floatText(uniformBits.factor)}`,
  )
  return {
    body: [
      ...randomWords.map((name, i) =>
        name === 'address'
          ? `float *const to = (float *)(memory + (word)a[${i}]);`
          : `const ${name === 'length' ? 'word' : 'u32'} ${name} = ${name === 'length' ? '' : '(u32)'}(word)a[${i}];`,
      ),
      `const word end = last * ${randomBlock} < length ? last * ${randomBlock} : length;`,
      `const word fours = end / 4;`,
      'INDEPENDENT',
      ...block(`for (word b = first * ${randomBlock / 4}; b < fours; b++)`, [
        ...lines,
        ...numbers.map((number, i) => `to[4 * b + ${i}] = ${number};`),
      ]),
      ...block('if (fours * 4 < end)', [
        'const word b = fours;',
        ...lines,
        `const float four[4] = {${numbers.join(', ')}};`,
        'for (word i = 4 * b; i < end; i++) to[i] = four[i - 4 * b];',
      ]),
    ],
    calls: [],
  }
}
