import { sizeOf } from '@snn/tensor'
import type { Affine, Loops, NestKernel, NestStore, NestValue } from '../form/nest.js'
import { isFilledFirst, nestOrder } from '../layout/nest-order.js'
import { endInside, firstInside } from './helpers.js'
import { operationOn, type Use } from './operation.js'
import { block, loaded, memoryType, numberText, valueType } from './text.js'
import type { CFunction, CKernel } from './unit.js'

/**
 * Loop nests as C: the parts of the output from `first` to before `last`; `a` are the addresses of the inputs and of
 * the output.
 */
export function nestC(kernel: NestKernel): CKernel {
  const { inputs, output, loops } = kernel
  const calls = new Set<CFunction>()
  const use: Use = (of) => (calls.add(of), of.name)
  const to = `o${inputs.length}`
  const type = memoryType(output.kind)
  return {
    body: [
      ...inputs.map(
        (kind, i) =>
          `const ${memoryType(kind)} *const restrict o${i} = (const ${memoryType(kind)} *)(memory + (word)a[${i}]);`,
      ),
      `${type} *const restrict ${to} = (${type} *)(memory + (word)a[${inputs.length}]);`,
      ...block('for (word i0 = first; i0 < last; i0++)', [
        ...(isFilledFirst(kernel) ? filled(kernel, `i0 * ${output.size}`, String(output.size)) : []),
        ...loops.flatMap((each) => block('', printLoops(kernel, each, use))),
      ]),
    ],
    calls: [...calls],
  }
}

/** Fills elements of the output from one on. */
function filled({ inputs, output: { kind, fill } }: NestKernel, from: string, count: string): string[] {
  return [`for (word e = 0; e < ${count}; e++) o${inputs.length}[${from} + e] = ${numberText(fill!, kind)};`]
}

/** A whole number where the loops are, along the first `axes` axes. */
function affine({ offset, strides }: Affine, axes = strides.length): string {
  const terms = strides
    .slice(0, axes)
    .flatMap((stride, axis) => (stride === 0 ? [] : [stride === 1 ? `i${axis}` : `${stride} * i${axis}`]))
  return [...(offset !== 0 || terms.length === 0 ? [String(offset)] : []), ...terms].join(' + ')
}

function printLoops(kernel: NestKernel, loops: Loops, use: Use): string[] {
  const { inputs, output } = kernel
  const { extents, bounds, values, stores } = loops
  const order = nestOrder(kernel, loops)
  const last = extents.length - 1
  /** Bounds along the last axis say where it begins and ends. */
  const isLimit = (i: number): boolean => order.bounds[i] === last && last > 0 && bounds[i]!.strides[last]! > 0
  const fillFrom = (axis: number): string => affine({ ...stores[0]!.at, strides: stores[0]!.at.strides.slice(0, axis) })
  const isFilledInside = order.isDense && bounds.length > 0

  const place = (operand: number, { at, through }: Pick<NestStore, 'at' | 'through'>): string =>
    `o${operand}[${affine(at)}${through ? ` + ${through.stride} * (word)v${through.value}` : ''}]`
  const computed = (value: NestValue): string => {
    switch (value.operation) {
      case 'number':
        return numberText(value.number, value.kind)
      case 'index':
        return `(i32)(${affine(value.at)})`
      case 'load':
        return loaded(value.kind, place(value.operand, value))
      case 'shiftRight':
        return `(i32)((u32)v${value.operands[0]} >> ${value.bits})`
      case 'xor':
        return `v${value.operands[0]} ^ v${value.operands[1]}`
      case 'mulHigh':
        return `(i32)((u64)(u32)v${value.operands[0]} * (u32)v${value.operands[1]} >> 32)`
      case 'quotient':
        return `v${value.operands[0]} / v${value.operands[1]}`
      default:
        return operationOn(
          value.operation,
          value.operands.map((operand) => `v${operand}`),
          values[value.operands[0]!]!.kind,
          value.kind,
          use,
        )
    }
  }
  const stored = (store: NestStore): string[] => {
    const to = place(inputs.length, store)
    const value = `v${store.value}`
    if (store.combine === 'replace') return [`${to} = ${value};`]
    const before = `const ${valueType(output.kind)} before = ${loaded(output.kind, to)};`
    return block('', [
      before,
      `${to} = ${operationOn(store.combine, ['before', value], output.kind, output.kind, use)};`,
    ])
  }
  /** No element of the last axis reads or writes what another writes. */
  const isIndependent =
    values.every((value) => value.operation !== 'load' || value.operand !== inputs.length) &&
    stores.every(({ at, through }) => !through && at.strides[last] !== 0)

  /** The values that are known behind an axis, and what is inside, where the bounds hold that are. */
  const known = (axis: number): string[] => {
    const open = bounds.flatMap((bound, i) =>
      order.bounds[i] === axis && !isLimit(i) ? [`${affine(bound)} >= 0 && ${affine(bound)} < ${bound.size}`] : [],
    )
    const lines = [
      ...values.flatMap((value, i) =>
        order.values[i] === axis ? [`const ${valueType(value.kind)} v${i} = ${computed(value)};`] : [],
      ),
      ...inner(axis + 1),
    ]
    if (open.length === 0) return lines
    return [
      ...block(`if (${open.join(' && ')})`, lines),
      ...(isFilledInside
        ? block('else', filled(kernel, fillFrom(axis + 1), String(sizeOf(extents.slice(axis + 1)))))
        : []),
    ]
  }
  const inner = (axis: number): string[] => {
    if (axis > last) return stores.flatMap(stored)
    if (axis === 0) return known(0)
    const limits = axis === last ? bounds.filter((_, i) => isLimit(i)) : []
    const pragma = axis === last && isIndependent ? ['INDEPENDENT'] : []
    const loop = (from: string, to: string): string[] => [
      ...pragma,
      ...block(`for (word i${axis} = ${from}; i${axis} < ${to}; i${axis}++)`, known(axis)),
    ]
    if (limits.length === 0) return loop('0', String(extents[axis]!))
    const extent = String(extents[axis]!)
    return block('', [
      'word from = 0, to = ' + extent + ';',
      ...limits.flatMap(({ strides, size, ...bound }) => {
        const at = affine({ ...bound, strides: strides.slice(0, last) })
        return block('', [
          `const word low = ${use(firstInside)}(${at}, ${strides[last]}, ${extent});`,
          `const word high = ${use(endInside)}(${at}, ${strides[last]}, ${size}, ${extent});`,
          'from = low > from ? low : from;',
          'to = high < to ? high : to;',
        ])
      }),
      'to = to > from ? to : from;',
      ...(isFilledInside ? filled(kernel, fillFrom(last), 'from') : []),
      ...loop('from', 'to'),
      ...(isFilledInside ? filled(kernel, `${fillFrom(last)} + to`, `${extent} - to`) : []),
    ])
  }
  return known(-1)
}
