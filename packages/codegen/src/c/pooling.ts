import type { PlaneKernel } from '../form/planes.js'
import { windowOrder } from '../layout/windows.js'
import { larger } from './helpers.js'
import { block, floatText } from './text.js'
import type { CFunction, CKernel } from './unit.js'

/**
 * Pooling of the planes from `first` to before `last`; `a[0]` and `a[1]` are the addresses of the input and of the
 * output.
 */
export function planesC(kernel: PlaneKernel): CKernel {
  const { plane, windows, operation } = kernel
  const pool = poolingFunction(kernel)
  const to = operation === 'position' ? 'i32' : 'float'
  const start = (index: number, type: string, elements: number): string =>
    `(${type} *)(memory + (word)a[${index}]) + first * ${elements}`
  const [x, y] = [start(0, 'const float', plane[0] * plane[1]), start(1, to, windows[0] * windows[1])]
  return { body: [`${pool.name}(${x}, ${y}, last - first);`], calls: [pool] }
}

/**
 * The function `name(x, y, planes)`: maximum, its position, or average of each window of the planes from `x` on,
 * written from `y` on.
 */
export function poolingFunction(kernel: PlaneKernel): CFunction {
  const {
    operation,
    plane: [height, width],
    windows,
    kernel: size,
    stride,
    padding,
    dilation,
    countIncludePad,
  } = kernel
  const name = [
    'pool',
    operation,
    ...[kernel.plane, windows, size, stride, padding, dilation].flat(),
    Number(countIncludePad),
  ].join('_')
  const { low, high, rowsInside, vectors } = windowOrder(kernel)
  const type = operation === 'position' ? 'i32' : 'float'
  const elements = size[0] * size[1]
  const least = floatText(operation === 'average' ? 0 : -Infinity)
  const join = (x: string, y: string): string => (operation === 'average' ? `${x} + ${y}` : `larger(${x}, ${y})`)
  /** `counted`: how many elements lie inside, where that is not known. */
  const store = (value: string, counted?: string): string => {
    if (operation !== 'average') return `y[at] = ${value};`
    return `y[at] = ${value} / ${counted && !countIncludePad ? `(float)${counted}` : floatText(elements)};`
  }
  const rows = (body: (ky: number) => readonly string[]): string[] =>
    Array.from({ length: size[0] }, (_, ky) => body(ky)).flat()
  const columns = (body: (kx: number) => readonly string[]): string[] =>
    Array.from({ length: size[1] }, (_, kx) => body(kx)).flat()
  const rowOf = (ky: number): string => (ky * dilation[0] === 0 ? 'top' : `(top + ${ky * dilation[0]})`)
  const columnOf = (kx: number): string => (kx * dilation[1] === 0 ? 'left' : `(left + ${kx * dilation[1]})`)
  const inside = (place: string, length: number): string => `${place} >= 0 && ${place} < ${length}`
  const place = (ky: number, kx: number): string => `${rowOf(ky)} * ${width} + ${columnOf(kx)}`

  /** Element by element; whether rows and columns are looked at. */
  const one = (areRowsKnown: boolean, areColumnsKnown: boolean): string[] => {
    const take = (ky: number, kx: number): string[] => {
      const value = `x[${place(ky, kx)}]`
      if (operation === 'average') return [`best = best + ${value};`, 'hits++;']
      if (operation === 'maximum') return [`best = larger(best, ${value});`]
      // the first of equal ones
      return block('', [
        `const float now = ${value};`,
        'const _Bool is_first = hits == 0, is_larger = now > best, is_best = is_first | is_larger;',
        'hits++;',
        'best = is_best ? now : best;',
        `index = is_best ? (i32)(${place(ky, kx)}) : index;`,
      ])
    }
    const guarded = (isKnown: boolean, condition: string, lines: readonly string[]): readonly string[] =>
      isKnown ? lines : block(`if (${condition})`, lines)
    return [
      `const word at = window * ${windows[1]} + u, left = u * ${stride[1]} - ${padding[1]};`,
      `float best = ${least};`,
      'i32 hits = 0, index = 0;',
      ...rows((ky) =>
        guarded(
          areRowsKnown,
          inside(rowOf(ky), height),
          columns((kx) => guarded(areColumnsKnown, inside(columnOf(kx), width), take(ky, kx))),
        ),
      ),
      store(operation === 'position' ? 'index' : 'best', 'hits'),
    ]
  }
  /** The rows of a window joined as they lie, then the columns; whether all rows lie inside. */
  const rowsFirst = (areRowsKnown: boolean): string[] => {
    const column = (kx: number): string[] => {
      const value = (ky: number): string => `x[${place(ky, kx)}]`
      // where rows are missing somewhere, all begin with what joins as nothing
      const start = rowsInside ? value(0) : join(least, value(0))
      const others = Array.from({ length: size[0] - 1 }, (_, ky) => value(ky + 1))
      if (areRowsKnown) return [`const float c${kx} = ${others.reduce(join, start)};`]
      return [
        `float c${kx} = ${least};`,
        ...rows((ky) => [`if (${inside(rowOf(ky), height)}) c${kx} = ${join(`c${kx}`, value(ky))};`]),
      ]
    }
    const hits = areRowsKnown
      ? []
      : ['i32 hits = 0;', ...rows((ky) => [`if (${inside(rowOf(ky), height)}) hits += ${size[1]};`])]
    return [
      `const word at = window * ${windows[1]} + u, left = u * ${stride[1]} - ${padding[1]};`,
      ...columns(column),
      ...hits,
      store(
        size[1] === 1 ? 'c0' : `(${Array.from({ length: size[1] - 1 }, (_, kx) => `c${kx + 1}`).reduce(join, 'c0')})`,
        areRowsKnown ? undefined : 'hits',
      ),
    ]
  }
  const from = (start: number, end: number, lines: readonly string[]): string[] =>
    end > start ? ['INDEPENDENT', ...block(`for (word u = ${start}; u < ${end}; u++)`, lines)] : []
  const row = (areRowsKnown: boolean): string[] => [
    ...from(0, low, one(areRowsKnown, false)),
    ...from(low, high, vectors > 0 ? rowsFirst(areRowsKnown) : one(areRowsKnown, true)),
    ...from(high, windows[1], one(areRowsKnown, false)),
  ]
  const areInside = `top >= 0 && top + ${(size[0] - 1) * dilation[0]} < ${height}`
  return {
    name,
    definition: block(
      `static void ${name}(const float *x, ${type} *y, word planes)`,
      block(
        `for (; planes > 0; planes--, x += ${height * width}, y += ${windows[0] * windows[1]})`,
        block(`for (word window = 0; window < ${windows[0]}; window++)`, [
          `const word top = window * ${stride[0]} - ${padding[0]};`,
          ...(rowsInside ? row(true) : [...block(`if (${areInside})`, row(true)), ...block('else', row(false))]),
        ]),
      ),
    ),
    calls: [larger],
  }
}
