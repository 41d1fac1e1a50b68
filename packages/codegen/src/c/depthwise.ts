import type { DepthwiseKernel } from '../form/depthwise.js'
import { insideColumns } from '../layout/windows.js'
import { range } from '../range.js'
import { block } from './text.js'
import type { CKernel } from './unit.js'

/**
 * A depthwise convolution of the planes from `first` to before `last`; `a` are the addresses of the input, the weights,
 * the biases and the output. To the bias of its channel a window adds its elements that lie inside, row by row.
 */
export function depthwiseC(form: DepthwiseKernel): CKernel {
  const { channels, plane, windows, kernel, stride, padding, dilation } = form
  const [height, width] = plane
  const { low, high } = insideColumns(form)
  const row = (ky: number): string => `(top + ${ky * dilation[0]})`
  const element = (ky: number, kx: number): string =>
    `k${ky}_${kx} * x[${row(ky)} * ${width} + u * ${stride[1]} + ${kx * dilation[1] - padding[1]}]`
  const isInside = (ky: number): string => `${row(ky)} >= 0 && ${row(ky)} < ${height}`
  /** A window that may stick out, element by element. */
  const edge = (from: number, to: number): string[] =>
    from >= to
      ? []
      : block(`for (word u = ${from}; u < ${to}; u++)`, [
          'float sum = bias;',
          ...range(kernel[0]).flatMap((ky) =>
            block(
              `if (${isInside(ky)})`,
              range(kernel[1]).map((kx) => {
                const column = `u * ${stride[1]} + ${kx * dilation[1] - padding[1]}`
                return `if (${column} >= 0 && ${column} < ${width}) sum = sum + ${element(ky, kx)};`
              }),
            ),
          ),
          'y[u] = sum;',
        ])
  const each = (lines: readonly string[]): string[] =>
    low >= high ? [] : ['INDEPENDENT', ...block(`for (word u = ${low}; u < ${high}; u++)`, lines)]
  const sum = (from: string, rows: readonly number[]): string =>
    rows
      .flatMap((ky) => range(kernel[1]).map((kx) => element(ky, kx)))
      .reduce((before, x) => `(${before} + ${x})`, from)
  return {
    body: [
      'const float *const weights = (const float *)(memory + (word)a[1]);',
      'const float *const biases = (const float *)(memory + (word)a[2]);',
      ...block('for (word plane = first; plane < last; plane++)', [
        `const word channel = plane % ${channels};`,
        `const float *const restrict x = (const float *)(memory + (word)a[0]) + plane * ${height * width};`,
        `const float *const k = weights + channel * ${kernel[0] * kernel[1]};`,
        'const float bias = biases[channel];',
        ...range(kernel[0]).flatMap((ky) =>
          range(kernel[1]).map((kx) => `const float k${ky}_${kx} = k[${ky * kernel[1] + kx}];`),
        ),
        ...block(`for (word v = 0; v < ${windows[0]}; v++)`, [
          `const word top = v * ${stride[0]} - ${padding[0]};`,
          `float *const restrict y = (float *)(memory + (word)a[3]) + plane * ${windows[0] * windows[1]} + v * ${windows[1]};`,
          ...edge(0, low),
          ...block(
            `if (top >= 0 && top + ${(kernel[0] - 1) * dilation[0]} < ${height})`,
            each([`y[u] = ${sum('bias', range(kernel[0]))};`]),
          ),
          ...block('else', [
            ...each(['y[u] = bias;']),
            ...range(kernel[0]).flatMap((ky) => block(`if (${isInside(ky)})`, each([`y[u] = ${sum('y[u]', [ky])};`]))),
          ]),
          ...edge(high, windows[1]),
        ]),
      ]),
    ],
    calls: [],
  }
}
