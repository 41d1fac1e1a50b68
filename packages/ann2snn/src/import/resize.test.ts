import { writeOnnx } from '@snn/onnx'
import { compile, reference, type Tensor } from '@snn/tensor'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { randomTensor } from '../../test/networks.js'
import { relativeDifference, runOrt } from '../../test/ort.js'
import { importModel } from './import-onnx.js'

const sample = [2, 5, 7] as const

async function agrees(
  op: string,
  inputs: readonly string[],
  attributes: Readonly<Record<string, number | string | readonly number[]>>,
  constants: Parameters<typeof writeOnnx>[0]['constants'],
): Promise<void> {
  const bytes = writeOnnx({
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', ...sample] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: undefined }],
    nodes: [{ op, inputs, outputs: ['y'], attributes }],
    constants,
  })
  const { network } = importModel(bytes)
  expect(
    network.nodes.every(({ layer }) => ['resample', 'gather', 'constant', 'slice', 'pad'].includes(layer.kind)),
  ).toBe(true)
  const x = randomTensor([3, ...sample], 5)
  const expected = await runOrt(bytes, { x })
  await using run = compile((value: Tensor) => network.run('step', { x: value }).outputs[network.outputs[0]!]!, {
    backend: reference(),
  })
  const ours = await run(x)
  expect(ours.shape).toEqual(expected.shape)
  expect(relativeDifference(ours.data, expected.data)).toBeLessThan(1e-5)
}

const int64 = (values: readonly number[]) => ({
  dtype: 'int64' as const,
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
})
const float32 = (values: readonly number[]) => ({
  dtype: 'float32' as const,
  shape: [values.length],
  data: Float32Array.from(values),
})

it('Resize is a linear map of each axis, whatever its attributes', { timeout: 120_000 }, async () => {
  const resize = fc.record({
    mode: fc.constantFrom('linear', 'cubic', 'nearest'),
    coordinates: fc.constantFrom(
      'half_pixel',
      'align_corners',
      'asymmetric',
      'pytorch_half_pixel',
      'half_pixel_symmetric',
      'tf_crop_and_resize',
    ),
    size: fc.tuple(fc.integer({ min: 1, max: 15 }), fc.integer({ min: 1, max: 15 })),
    scale: fc.option(fc.tuple(fc.constantFrom(0.4, 0.5, 1, 1.3, 2, 2.5), fc.constantFrom(0.6, 1, 1.7, 3))),
    antialias: fc.boolean(),
    exclude: fc.boolean(),
    a: fc.constantFrom(-0.5, -0.75),
    rounding: fc.constantFrom('floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'),
    roi: fc.tuple(
      fc.double({ min: -0.3, max: 0.4, noNaN: true }),
      fc.double({ min: 0, max: 0.4, noNaN: true }),
      fc.double({ min: 0.6, max: 1.3, noNaN: true }),
      fc.double({ min: 0.6, max: 1, noNaN: true }),
    ),
    outside: fc.constantFrom(0, 0.5),
  })
  await fc.assert(
    fc.asyncProperty(
      resize,
      async ({ mode, coordinates, size, scale, antialias, exclude, a, rounding, roi, outside }) => {
        // ONNX Runtime has no antialiasing beside nearest neighbours or crops, and excludes the outside in cubic mode
        // alone
        const smooth = antialias && mode !== 'nearest' && !coordinates.startsWith('tf') ? 1 : 0
        const attributes = {
          mode,
          coordinate_transformation_mode: coordinates,
          antialias: smooth,
          exclude_outside: exclude && mode === 'cubic' ? 1 : 0,
          cubic_coeff_a: a,
          nearest_mode: rounding,
          extrapolation_value: outside,
          axes: [2, 3],
        }
        const crop = coordinates === 'tf_crop_and_resize' ? 'roi' : ''
        await agrees('Resize', scale ? ['x', crop, 'to'] : ['x', crop, '', 'to'], attributes, {
          to: scale ? float32(scale) : int64(size),
          ...(crop && { roi: float32(roi) }),
        })
      },
    ),
    { numRuns: 250, seed: 1 },
  )
})

it('Pad picks values, whatever its mode', { timeout: 60_000 }, async () => {
  const pads = fc.array(fc.integer({ min: -1, max: 4 }), { minLength: 6, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(pads, fc.constantFrom('constant', 'reflect', 'edge', 'wrap'), async ([a, b, c, d, e, f], mode) => {
      const channels = mode === 'reflect' ? [0, 0] : [a!, d!]
      const all = [0, channels[0]!, b!, c!, 0, channels[1]!, e!, f!]
      // ONNX Runtime 1.30.0 wraps wrongly around more than once
      fc.pre(
        all.some((n) => n !== 0) &&
          channels[0]! + channels[1]! > -2 &&
          (mode !== 'wrap' || channels.every((n) => n <= 1)),
      )
      await agrees('Pad', ['x', 'pads'], { mode }, { pads: int64(all) })
    }),
    { numRuns: 80, seed: 2 },
  )
})
