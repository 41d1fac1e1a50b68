import { inputRowsOf, type EventConvPlan } from '../layout/event-conv-plan.js'
import { range } from '../range.js'
import type { sizesOf } from './event-conv.js'
import { block } from './text.js'
import type { CFunction } from './unit.js'
import { transpose16, vectorTypes } from './vectors.js'

/** Columns that are looked at together. */
export const listedColumns = 16
/** A whole vector is written at the end of a list. */
export const listRoom = 16

/**
 * The function `name(x, from, scratch)`: lists the events of the input rows from `from` on that a unit sees, for each
 * column those of all channels; `starts` says, for each row and column, where its events begin. Up to 64 bytes behind
 * the input may be read.
 */
export function listFunction(kernel: EventConvPlan, sizes: ReturnType<typeof sizesOf>): CFunction {
  const { channels, plane, padding, stride } = kernel
  const { starts, startsRow, keys, values, width, columns, tap, filters } = sizes
  const name = [
    'list',
    ...[channels, plane, inputRowsOf(kernel), kernel.kernel, stride[0], padding[1], columns, tap, filters, keys].flat(),
  ].join('_')
  const ofChannel = kernel.kernel[0] * filters
  // all columns are those of the only window
  const isProduct = channels === 1 && kernel.windows[0] * kernel.windows[1] === 1 && kernel.dilation[1] === 1
  const shape: Shape = { channels, width, padding: padding[1], plane: plane[0] * plane[1], tap, ofChannel }
  return {
    name,
    definition: block(`static void ${name}(const float *x, word from, u8 *scratch)`, [
      `u32 *const keys = (u32 *)(scratch + ${keys});`,
      `float *const values = (float *)(scratch + ${values});`,
      'u32 cursor = 0;',
      // windows of one row see none of the rows in between
      ...block(`for (word row = 0; row < ${inputRowsOf(kernel)}; row += ${kernel.kernel[0] === 1 ? stride[0] : 1})`, [
        `if (from + row < 0 || from + row >= ${plane[0]}) continue;`,
        `u32 *const start = (u32 *)(scratch + ${starts}) + row * ${startsRow};`,
        `const float *const line = x + (from + row) * ${plane[1]};`,
        `for (word i = 0; i < ${padding[1]}; i++) start[i] = cursor;`,
        '#if defined(__AVX512F__)',
        ...(isProduct ? compressedRow(shape) : compressed(shape)),
        '#else',
        ...byBits(shape),
        '#endif',
        `for (word i = ${padding[1] + width}; i <= ${columns}; i++) start[i] = cursor;`,
      ]),
    ]),
    calls: [vectorTypes, transpose16],
  }
}

interface Shape {
  readonly channels: number
  readonly width: number
  readonly padding: number
  /** Elements of a plane of the input. */
  readonly plane: number
  /** Floats of the weights of a column, and of a channel in it. */
  readonly tap: number
  readonly ofChannel: number
}

/** Blocks of 16 columns and 16 channels are transposed; what is not zero in a column is moved together. */
function compressed({ channels, width, padding, plane, tap, ofChannel }: Shape): string[] {
  const blocks = Math.ceil(channels / 16)
  const channel = (c: number): string => `*(const u16_at *)(at + ${c} * ${plane})`
  const load = (count: number): string[] => range(16).map((c) => `f16 r${c} = ${c < count ? channel(c) : '{0}'};`)
  const transposed = (count: number): string[] => [
    ...load(count),
    'TRANSPOSE16',
    ...range(16).map((c) => `t[${c}] = r${c};`),
  ]
  const left = channels % 16
  return [
    `const i16v order = {${range(16)
      .map((c) => c * ofChannel)
      .join(', ')}};`,
    'f16 *const transposed = (f16 *)scratch;',
    ...block(`for (word column = 0; column < ${width}; column += 16)`, [
      ...block(`for (word b = 0; b < ${Math.floor(channels / 16)}; b++)`, [
        `const float *const at = line + b * ${16 * plane} + column;`,
        'f16 *const t = transposed + 16 * b;',
        ...transposed(16),
      ]),
      ...(left > 0
        ? block('', [
            `const float *const at = line + ${(blocks - 1) * 16 * plane} + column;`,
            `f16 *const t = transposed + ${16 * (blocks - 1)};`,
            ...transposed(left),
          ])
        : []),
      `const word some = ${width % 16 === 0 ? '16' : `${width} - column < 16 ? ${width} - column : 16`};`,
      ...block('for (word i = 0; i < some; i++)', [
        `start[${padding} + column + i] = cursor;`,
        ...block(`for (word b = 0; b < ${blocks}; b++)`, [
          'const f16 v = transposed[16 * b + i];',
          'const unsigned short is = __builtin_ia32_cmpps512_mask(v, (f16){0}, 4, (unsigned short)-1, 4);',
          ...moved(`order + (i32)((column + i + ${padding}) * ${tap} + b * ${16 * ofChannel})`),
        ]),
      ]),
    ]),
  ]
}

/** The columns of one channel, of which nobody asks where each begins. */
function compressedRow({ width, padding, tap }: Shape): string[] {
  return [
    'start[0] = cursor;',
    `const i16v order = {${range(16)
      .map((i) => i * tap)
      .join(', ')}};`,
    ...block(`for (word column = 0; column < ${width}; column += 16)`, [
      'const f16 v = *(const u16_at *)(line + column);',
      'unsigned short is = __builtin_ia32_cmpps512_mask(v, (f16){0}, 4, (unsigned short)-1, 4);',
      ...(width % 16 === 0 ? [] : [`if (column + 16 > ${width}) is &= ${2 ** (width % 16) - 1};`]),
      ...moved(`order + (i32)((column + ${padding}) * ${tap})`),
    ]),
  ]
}

/** Appends what is not zero in `v`, as `is` says it. */
function moved(keys: string): string[] {
  return [
    '*(u16_at *)(values + cursor) = __builtin_ia32_compresssf512_mask(v, v, is);',
    `const i16v key = ${keys};`,
    '*(i16_at *)(keys + cursor) = __builtin_ia32_compresssi512_mask(key, key, is);',
    'cursor += __builtin_popcount(is);',
  ]
}

/** Each channel says where it is not zero; columns are counted first, so that each event has its place. */
function byBits({ channels, width, padding, plane, tap, ofChannel }: Shape): string[] {
  const eachChannel = `for (word c = 0; c < ${channels}; c++, at += ${plane})`
  // what lies behind a row of the input is another, or memory that may be read
  const isRagged = width % listedColumns !== 0
  return [
    `const i16v lane = {${range(listedColumns).join(', ')}};`,
    'w2 *const flags = (w2 *)scratch;',
    ...block(`for (word column = 0; column < ${width}; column += ${listedColumns})`, [
      'const float *at = line + column;',
      'i16v counts = {0};',
      ...(isRagged ? [`const i16v valid = lane < (i32)(${width} - column);`] : []),
      ...block(eachChannel, [
        `const i16v is = (*(const u16_at *)at != 0.0f)${isRagged ? ' & valid' : ''};`,
        'counts -= is;',
        'flags[c] = (w2)__builtin_convertvector(is, b16);',
      ]),
      'const u32 before = cursor;',
      `u32 next[${listedColumns}];`,
      ...block(`for (word i = 0; i < ${listedColumns}; i++)`, [
        `start[${padding} + column + i] = next[i] = cursor;`,
        'cursor += (u32)counts[i];',
      ]),
      'if (cursor == before) continue;',
      'at = line + column;',
      ...block(eachChannel, [
        ...block('for (word half = 0; half < 2; half++)', [
          'u64 bits = flags[c][half] & 0x0101010101010101u;',
          ...block('for (; bits != 0; bits &= bits - 1)', [
            'const word i = 8 * half + (__builtin_ctzll(bits) >> 3);',
            `keys[next[i]] = (u32)((column + i + ${padding}) * ${tap} + c * ${ofChannel});`,
            'values[next[i]++] = at[i];',
          ]),
        ]),
      ]),
    ]),
  ]
}
