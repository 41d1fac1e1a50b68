import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fitPicture, usualFit } from './fit-picture.js'
import { resizer, type Interpolation } from './resize.js'

const ramp = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 89 + 31) % 256)

describe('resizer', () => {
  // Pillow 12.3.0: Image.fromarray(p).resize((W, H), filter), p[i] = (89 i + 31) % 256
  it.each<[[number, number], [number, number], Interpolation, number[]]>([
    [[7, 5], [3, 4], 'bilinear', [133, 131, 150, 134, 116, 128, 100, 156, 138, 122, 141, 139]],
    [[3, 4], [5, 3], 'bilinear', [58, 165, 92, 98, 154, 101, 158, 137, 115, 172, 120, 175, 181, 109, 215]],
    [[9, 6], [2, 3], 'bicubic', [127, 135, 136, 149, 128, 106]],
    [
      [3, 3],
      [4, 5],
      'bicubic',
      [23, 57, 119, 181, 215, 30, 64, 126, 188, 222, 40, 74, 136, 198, 232, 47, 81, 143, 205, 239],
    ],
    [[11, 8], [3, 2], 'lanczos', [126, 139, 125, 134, 138, 124]],
    [[5, 4], [3, 3], 'nearest', [31, 209, 42, 231, 153, 242, 175, 97, 186]],
  ])('%j to %j, %s, is what Pillow makes', (from, to, interpolation, expected) => {
    expect([...resizer(from, to, interpolation)(ramp(from[0] * from[1]))]).toEqual(expected)
  })

  it('keeps a plane of one value, and stays within the values of a plane but for filters that overshoot', () => {
    const size = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }))
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom<Interpolation>('nearest', 'bilinear', 'bicubic', 'lanczos'),
        fc.integer({ min: 0, max: 255 }),
        (from, to, interpolation, value) => {
          const resize = resizer(from, to, interpolation)
          expect(new Set(resize(new Uint8Array(from[0] * from[1]).fill(value)))).toEqual(new Set([value]))
          const plane = ramp(from[0] * from[1]).map((pixel) => 60 + pixel / 4)
          const [low, high] = [Math.min(...plane), Math.max(...plane)]
          if (interpolation === 'nearest' || interpolation === 'bilinear')
            for (const pixel of resize(plane)) expect(pixel >= low && pixel <= high).toBe(true)
        },
      ),
    )
  })
})

describe('fitPicture', () => {
  const picture = (c: number, h: number, w: number) => ({ data: ramp(c * h * w), shape: [c, h, w] })

  it('brings any picture to the size that is asked for', () => {
    const sizes = fc.record({
      c: fc.constantFrom(1, 3),
      h: fc.integer({ min: 1, max: 40 }),
      w: fc.integer({ min: 1, max: 40 }),
      to: fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 })),
    })
    fc.assert(
      fc.property(sizes, ({ c, h, w, to }) => {
        const { data, shape } = fitPicture(usualFit([[c, h, w]], to))(picture(c, h, w))
        expect([shape, data.length]).toEqual([[c, ...to], c * to[0] * to[1]])
      }),
    )
  })

  it.each([
    ['of the right size', [[3, 8, 8]], [8, 8], { resize: 8, size: [8, 8] }],
    ['a little larger', [[3, 256, 256]], [192, 192], { resize: 256, size: [192, 192] }],
    ['small ones of one size', [[1, 28, 28]], [32, 32], { resize: [32, 32] }],
    [
      'photographs',
      [
        [3, 3000, 4000],
        [3, 4000, 3000],
      ],
      [224, 224],
      { resize: 256, size: [224, 224] },
    ],
  ] as const)('%s', (_, shapes, size, expected) => {
    expect(usualFit(shapes, [...size])).toEqual(expected)
  })

  it('law: what fits pictures of one size leaves them as they are before the crop, and takes larger ones of the same proportions whole', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 2, max: 4 }),
        (h, w, times) => {
          const fit = usualFit([[1, h, w]], [h, w])
          const small = picture(1, h, w)
          expect(fitPicture(fit)(small).data).toEqual(small.data)
          const large = {
            data: Uint8Array.from(
              { length: times * times * h * w },
              (_, i) =>
                small.data[
                  Math.floor(Math.floor(i / (times * w)) / times) * w + Math.floor((i % (times * w)) / times)
                ]!,
            ),
            shape: [1, times * h, times * w],
          }
          const again = fitPicture({ ...fit, interpolation: 'nearest' })(large)
          expect([again.shape, again.data]).toEqual([[1, h, w], small.data])
        },
      ),
    )
  })

  it('the longer side is rounded down, and the crop is the centre', () => {
    expect(fitPicture({ resize: 4 })(picture(1, 8, 11)).shape).toEqual([1, 4, 5])
    expect([
      ...fitPicture({ size: [1, 2] })({ data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), shape: [1, 3, 4] })
        .data,
    ]).toEqual([6, 7])
    expect(() => fitPicture({ resize: 4, size: [5, 5] })(picture(1, 8, 8))).toThrow(
      /picture of 4 x 4.*expected at least 5 x 5.*preprocess.resize/,
    )
  })
})
