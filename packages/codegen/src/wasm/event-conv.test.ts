import { conv, placeholder, sizeOf, type ConvOptions, type Shape } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import { argumentsOf, inEachForm, kernelOf } from '../../test/memories.js'
import { random, runReference } from '../../test/run-kernel.js'
import {
  eventConvC,
  eventConvFunction,
  eventConvPlan,
  eventConvScratch,
  eventConvScratchC,
  eventConvUnits,
  eventConvWords,
  fuseEventConv,
  packEventWeights,
  type EventConvPlan,
} from '../index.js'
import { sumsOf } from '../layout/event-conv-plan.js'

const guard = 77

/** Runs the kernel on one thread. */
function run(
  kernel: EventConvPlan,
  x: Float32Array,
  weights: Float32Array,
  biases: Float32Array | undefined,
  outputs: number,
  images: number,
): Promise<Float32Array> {
  return inEachForm(256, async (where) => {
    const { memory, start: args } = where
    const scratchBytes = Math.max(eventConvScratch(kernel), eventConvScratchC(kernel))
    const packed = packEventWeights(kernel, weights, biases)
    let end = args + 1024
    const place = (bytes: number): number => {
      const at = end
      end += Math.ceil((bytes + 64) / 64) * 64
      return at
    }
    const at = {
      x: place(x.byteLength),
      weights: place(packed.byteLength),
      y: place(4 * outputs + 4),
      scratch: place(scratchBytes),
    }
    new Float32Array(memory.buffer, at.x, x.length).set(x)
    new Float32Array(memory.buffer, at.weights, packed.length).set(packed)
    // what was there before must not matter
    new Uint8Array(memory.buffer, at.scratch, scratchBytes).fill(255)
    const y = new Float32Array(memory.buffer, at.y, outputs + 1).fill(guard)
    const { units, together } = eventConvUnits(kernel, images, 3)
    const words = { ...at, images, together, scratchBytes }
    argumentsOf(where, eventConvWords.length).set(eventConvWords.map((name) => words[name]))
    const call = await kernelOf(
      (type) => eventConvFunction(kernel, type),
      where,
      () => eventConvC(kernel),
    )
    const half = Math.floor(units / 2)
    call(args, 0, half, 0)
    call(args, half, units, 0)
    expect(y[outputs]).toBe(guard)
    return y.slice(0, outputs)
  })
}

interface Case {
  readonly x: Shape
  readonly weight: Shape
  readonly options?: ConvOptions
  readonly rows?: number
}

async function check(
  { x: xShape, weight: weightShape, options, rows }: Case,
  density: number,
  withBias = false,
): Promise<void> {
  const next = random(sizeOf(xShape) + Math.round(100 * density))
  const fill = (shape: Shape, share: number): Float32Array =>
    Float32Array.from({ length: sizeOf(shape) }, () => (next() < share ? next() * 2 - 1 : 0))
  const [x, weight] = [placeholder(xShape), placeholder(weightShape)]
  const y = conv(x, weight, options)
  const [data, weights] = [fill(xShape, density), fill(weightShape, 1)]
  const biases = withBias ? fill([weightShape[0]!], 1) : undefined
  const [wanted] = runReference(
    [y],
    new Map([
      [x, data],
      [weight, weights],
    ]),
  )
  const kernel = eventConvPlan(fuseEventConv(y.node)!)
  const result = await run(
    rows ? { ...kernel, rows: rows * sumsOf(kernel).together } : kernel,
    data,
    weights,
    biases,
    sizeOf(y.shape),
    sizeOf(xShape.slice(0, xShape.length - weightShape.length + 1)),
  )
  const places = sizeOf(y.shape.slice(2 - weightShape.length))
  result.forEach((value, i) =>
    expect(Math.abs(value - wanted![i]! - (biases?.[Math.floor(i / places) % biases.length] ?? 0))).toBeLessThan(1e-4),
  )
}

describe('event-driven convolution', () => {
  const cases: readonly Case[] = [
    { x: [2, 3, 9, 17], weight: [8, 3, 3, 3], options: { padding: 1 } },
    { x: [2, 16, 8, 8], weight: [16, 16, 3, 3], options: { padding: 1, stride: 2 } },
    {
      x: [1, 5, 7, 6],
      weight: [37, 5, 3, 2],
      options: {
        padding: [
          [0, 2],
          [1, 0],
        ],
      },
    },
    { x: [2, 4, 12, 33], weight: [6, 4, 3, 3], options: { dilation: [2, 3], padding: 2, stride: [1, 2] } },
    { x: [3, 8, 5, 5], weight: [12, 4, 1, 1], options: { groups: 2 } },
    { x: [2, 6, 10, 10], weight: [72, 3, 5, 5], options: { groups: 2, padding: 2 } },
    { x: [2, 3, 4, 11, 16], weight: [4, 4, 3, 3], options: { stride: 3 } },
    { x: [2, 4, 40], weight: [9, 4, 5], options: { padding: 2, stride: 2 } },
    { x: [1, 2, 3, 3], weight: [4, 2, 3, 3], options: { padding: 6, stride: 5 } },
    { x: [2, 300, 3, 3], weight: [4, 300, 2, 2], options: {} },
    // weights beyond the cache: some images together
    { x: [11, 130, 4, 5], weight: [130, 130, 3, 3], options: { padding: 1 } },
  ]
  it.each(cases)('equals the reference: $x with $weight, $options', async (one) => {
    for (const density of [0, 0.05, 0.3, 1])
      for (const rows of [undefined, 1, 2])
        await check({ ...one, ...(rows && { rows }) }, density, density === 0 || density === 0.3)
  })

  it('takes random windows', async () => {
    const next = random(3)
    const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
    for (let i = 0; i < 25; i++) {
      const [channels, groups, kernel] = [whole(1, 9), whole(1, 2), [whole(1, 4), whole(1, 4)]]
      const options = {
        groups,
        stride: [whole(1, 3), whole(1, 3)],
        dilation: [whole(1, 2), whole(1, 2)],
        padding: [
          [whole(0, 3), whole(0, 3)],
          [whole(0, 3), whole(0, 3)],
        ] as const,
      }
      await check(
        {
          x: [whole(1, 2), groups * channels, whole(7, 20), whole(7, 40)],
          weight: [groups * whole(4, 45), channels, ...kernel],
          options,
          rows: whole(1, 5),
        },
        next(),
        next() < 0.5,
      )
    }
  })

  it('multiplies matrices', async () => {
    const next = random(5)
    for (const [rows, length, columns] of [
      [3, 5, 4],
      [2, 100, 70],
      [7, 33, 10],
      [1, 40_001, 4],
    ] as const) {
      const [a, b] = [placeholder([rows, length]), placeholder([length, columns])]
      const data = [a, b].map(({ shape }, i) =>
        Float32Array.from({ length: sizeOf(shape) }, () => (next() < (i === 0 ? 0.3 : 1) ? next() * 2 - 1 : 0)),
      ) as [Float32Array, Float32Array]
      const product = a.matmul(b)
      const [wanted] = runReference(
        [product],
        new Map([
          [a, data[0]],
          [b, data[1]],
        ]),
      )
      const transposed = Float32Array.from(data[1], (_, i) => data[1][(i % length) * columns + Math.floor(i / length)]!)
      const result = await run(
        eventConvPlan(fuseEventConv(product.node)!),
        data[0],
        transposed,
        undefined,
        rows * columns,
        rows,
      )
      result.forEach((value, i) => expect(Math.abs(value - wanted![i]!)).toBeLessThan(length > 1000 ? 1e-2 : 1e-4))
    }
  })

  it('leaves alone what it cannot gain from', () => {
    const x = placeholder([2, 8, 6, 6])
    expect(fuseEventConv(conv(x, placeholder([8, 1, 3, 3]), { groups: 8 }).node)).toBeUndefined()
    expect(fuseEventConv(conv(placeholder([2, 8, 4, 6, 6]), placeholder([8, 8, 3, 3, 3])).node)).toBeUndefined()
    expect(fuseEventConv(x.add(1).node)).toBeUndefined()
  })
})
