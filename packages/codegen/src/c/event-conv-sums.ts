import { inputRowsOf, sumsOf, type EventConvPlan } from '../layout/event-conv-plan.js'
import { range } from '../range.js'
import type { sizesOf } from './event-conv.js'
import { block } from './text.js'
import type { CFunction } from './unit.js'
import { vectorTypes, vectorUnits, vectorsOf, type VectorUnit } from './vectors.js'

type Sizes = ReturnType<typeof sizesOf>

/** Rows share the events that their windows share; more than this share few more. */
const mostRows = 8

interface Together {
  /** Rows of the output, and blocks of filters, that are summed up together for one column. */
  readonly rows: number
  readonly blocks: number
}

function togetherOn({ sums, lanes }: VectorUnit, kernel: EventConvPlan): Together {
  const { blocks, vectors } = sumsOf(kernel)
  const perBlock = vectorsOf(4 * vectors, lanes).length
  const shared = kernel.kernel[0] === 1 ? 1 : Math.min(mostRows, kernel.windows[0])
  const most = Math.max(1, Math.floor(sums / perBlock))
  const together = Math.min(blocks, shared === 1 ? 4 : 2, most)
  return { rows: Math.max(1, Math.min(shared, Math.floor(most / together))), blocks: together }
}

/** The most, of all processors. */
export function sumRows(kernel: EventConvPlan): Together {
  const all = vectorUnits.map((unit) => togetherOn(unit, kernel))
  return { rows: Math.max(...all.map(({ rows }) => rows)), blocks: Math.max(...all.map(({ blocks }) => blocks)) }
}

/**
 * The function `name(w, y, n, end, row, row_end, base)`: the sums of the windows of the rows from `row` to before
 * `row_end`, of the images from `n` to before `end`, all of them for some blocks of filters before the next. Events of
 * neighbouring columns lie one after the other, and so do their weights.
 */
export function sumFunction(kernel: EventConvPlan, sizes: Sizes): CFunction {
  const name = ['sums', ...Object.values(kernel).flat()].join('_')
  const whole = kernel.filters * kernel.windows[0] * kernel.windows[1]
  const perUnit = (unit: VectorUnit): string[] => {
    const { rows, blocks } = togetherOn(unit, kernel)
    const left = sizes.blocks % blocks
    const run = (of: number, condition: string): string[] =>
      block(
        `for (; ${condition}; block += ${of})`,
        block('for (word i = n; i < end; i++)', [
          `${name}_${of}(w + block * ${sizes.blockFloats}, y + i * ${whole}, block, row, row_end, base + (i - n) * ${sizes.scratch});`,
        ]),
      )
    return [
      ...[...new Set([blocks, left])]
        .filter((of) => of > 0 && of <= sizes.blocks)
        .flatMap((of) => rowsFunction(`${name}_${of}`, kernel, sizes, unit, { rows, blocks: of })),
      ...block(`static void ${name}(const float *w, float *y, word n, word end, word row, word row_end, u8 *base)`, [
        'word block = 0;',
        ...run(blocks, `block + ${blocks} <= ${sizes.blocks}`),
        ...(left > 0 ? run(left, `block < ${sizes.blocks}`) : []),
      ]),
    ]
  }
  return {
    name,
    definition: [
      ...vectorUnits.flatMap((unit, i) => [`#${i === 0 ? 'if' : 'elif'} ${unit.condition}`, ...perUnit(unit)]),
      '#endif',
    ],
    calls: [vectorTypes],
  }
}

/** The sums of some blocks of filters, of the rows of one image. */
function rowsFunction(
  name: string,
  kernel: EventConvPlan,
  sizes: Sizes,
  unit: VectorUnit,
  { rows, blocks }: Together,
): string[] {
  const { plane, stride, dilation, padding, windows } = kernel
  const { startsRow, starts, filters, blockFloats, tap, staging, stagingRow } = sizes
  const [height, width] = kernel.kernel
  // all columns of the kernel at once, where they are neighbours
  const [segments, columns] = dilation[1] === 1 ? [1, width] : [width, 1]
  const isPoint = windows[0] * windows[1] === 1
  const parts = range(blocks).flatMap((b) =>
    vectorsOf(filters, unit.lanes).map(({ at, lanes }) => ({
      lanes,
      weights: b * blockFloats + at,
      staged: b * filters + at,
    })),
  )
  const each = (line: (j: number, part: (typeof parts)[number], i: number) => string, of = range(rows)): string[] =>
    of.flatMap((j) => parts.map((part, i) => line(j, part, i)))
  const load = (lanes: number, pointer: string, at: number): string => `*(const u${lanes}_at *)(${pointer} + ${at})`
  /** Adds the events of one input row, `shift` rows below the first, to the output rows that see it. */
  const addRow = (shift: number): string[] => {
    const seen = range(rows)
      .map((j) => [j, (shift - j * stride[0]) / dilation[0]] as const)
      .filter(([, ky]) => Number.isInteger(ky) && ky >= 0 && ky < height)
    if (seen.length === 0) return []
    const segment = (kx: number): string[] => {
      const from = shift * startsRow + kx * dilation[1]
      return block(`for (word e = start[${from}], to = start[${from + columns}]; e < to; e++)`, [
        `const float *const k = taps + keys[e]${kx === 0 ? '' : ` + ${kx * tap * (1 - dilation[1])}`};`,
        'const float v = values[e];',
        ...seen.flatMap(([j, ky]) =>
          parts.map(({ lanes, weights }, i) => `s${j}_${i} += v * ${load(lanes, 'k', weights + ky * filters)};`),
        ),
      ])
    }
    return block(`if (in_row + ${shift} >= 0 && in_row + ${shift} < limit)`, range(segments).flatMap(segment))
  }
  return block(`static void ${name}(const float *w, float *y, word block, word row, word row_end, u8 *scratch)`, [
    `const u32 *const keys = (const u32 *)(scratch + ${sizes.keys});`,
    `const float *const values = (const float *)(scratch + ${sizes.values});`,
    ...(isPoint ? [] : [`float *const stage = (float *)(scratch + ${staging});`]),
    `const word from = row * ${stride[0]} - ${padding[0]};`,
    // rows that a unit does not see are not listed
    `const word limit = from + ${inputRowsOf(kernel)} < ${plane[0]} ? from + ${inputRowsOf(kernel)} : ${plane[0]};`,
    ...block(`for (word oy = row; oy < row_end; oy += ${rows})`, [
      `const word in_row = oy * ${stride[0]} - ${padding[0]};`,
      `const u32 *start = (const u32 *)(scratch + ${starts}) + (oy - row) * ${stride[0] * startsRow};`,
      `const float *taps = w + ${filters};`,
      ...block(`for (word ox = 0; ox < ${windows[1]}; ox++, start += ${stride[1]}, taps -= ${stride[1] * tap})`, [
        ...each((j, { lanes, weights }, i) => `f${lanes} s${j}_${i} = ${load(lanes, 'w', weights)};`),
        ...range(inputRowsOf({ ...kernel, rows })).flatMap(addRow),
        ...(isPoint
          ? parts.flatMap(({ lanes, staged }, i) => storePoint(kernel, sizes, lanes, staged, `s0_${i}`))
          : each(
              (j, { lanes, staged }, i) =>
                `*(u${lanes}_at *)(stage + ${j * stagingRow} + ox * ${blocks * filters} + ${staged}) = s${j}_${i};`,
            )),
      ]),
      ...(isPoint
        ? []
        : block(`for (word j = 0; j < ${rows} && oy + j < row_end; j++)`, storeRow(kernel, sizes, blocks))),
    ]),
  ])
}

/** Writes sums of the only window, whose filters lie side by side: those that exist. */
function storePoint(kernel: EventConvPlan, { filters }: Sizes, lanes: number, at: number, sums: string): string[] {
  return block('', [
    `const word filter = block * ${filters} + ${at};`,
    `if (filter + ${lanes} <= ${kernel.filters}) *(u${lanes}_at *)(y + filter) = ${sums};`,
    `else for (word i = 0; filter + i < ${kernel.filters}; i++) y[filter + i] = ${sums}[i];`,
  ])
}

/** Writes a row of sums, whose filters lie side by side, to the planes of the filters: row `j` of the staged ones. */
function storeRow(kernel: EventConvPlan, { filters, stagingRow }: Sizes, blocks: number): string[] {
  const { windows } = kernel
  const plane = windows[0] * windows[1]
  const all = blocks * filters
  const [a, b, c, d] = range(4).map((k) => `*(const u4_at *)(from + (ox + ${k}) * ${all} + f)`)
  return [
    `const float *const from = stage + j * ${stagingRow};`,
    `float *const to = y + block * ${filters * plane} + (oy + j) * ${windows[1]};`,
    `const word left = ${kernel.filters} - block * ${filters}, count = left < ${all} ? left : ${all};`,
    'word f = 0;',
    ...block('for (; f + 4 <= count; f += 4)', [
      'word ox = 0;',
      ...block(`for (; ox + 4 <= ${windows[1]}; ox += 4)`, [
        `const f4 a = ${a}, b = ${b}, c = ${c}, d = ${d};`,
        'const f4 low = SHUFFLED(i4v, a, b, 0, 4, 1, 5), high = SHUFFLED(i4v, a, b, 2, 6, 3, 7);',
        'const f4 low2 = SHUFFLED(i4v, c, d, 0, 4, 1, 5), high2 = SHUFFLED(i4v, c, d, 2, 6, 3, 7);',
        `*(u4_at *)(to + f * ${plane} + ox) = SHUFFLED(i4v, low, low2, 0, 1, 4, 5);`,
        `*(u4_at *)(to + (f + 1) * ${plane} + ox) = SHUFFLED(i4v, low, low2, 2, 3, 6, 7);`,
        `*(u4_at *)(to + (f + 2) * ${plane} + ox) = SHUFFLED(i4v, high, high2, 0, 1, 4, 5);`,
        `*(u4_at *)(to + (f + 3) * ${plane} + ox) = SHUFFLED(i4v, high, high2, 2, 3, 6, 7);`,
      ]),
      `for (; ox < ${windows[1]}; ox++) for (word k = f; k < f + 4; k++) to[k * ${plane} + ox] = from[ox * ${all} + k];`,
    ]),
    `for (; f < count; f++) for (word ox = 0; ox < ${windows[1]}; ox++) to[f * ${plane} + ox] = from[ox * ${all} + f];`,
  ]
}
