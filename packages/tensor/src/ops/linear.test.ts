import { describe, expect, it } from 'vitest'
import { conv, convTranspose, grad, placeholder, tensor, type ConvTransposeOptions } from '../index.js'
import { values } from '../testing/case.js'

describe('convTranspose', () => {
  it.each<[name: string, x: number[], weight: number[], options: ConvTransposeOptions, spatial: number[]]>([
    ['1-D', [2, 3, 4], [3, 2, 3], {}, [6]],
    ['stride and output padding', [2, 3, 4], [3, 2, 3], { stride: 3, outputPadding: 2, padding: 1 }, [12]],
    [
      'asymmetric padding, dilation, groups',
      [1, 4, 3, 4],
      [4, 1, 2, 3],
      {
        padding: [
          [1, 0],
          [0, 2],
        ],
        dilation: [2, 1],
        groups: 2,
      },
      [4, 4],
    ],
    ['3-D, more leading axes', [2, 1, 2, 2, 3, 2], [2, 3, 2, 1, 2], { stride: 2 }, [4, 5, 4]],
  ])('%s: the gradient of conv by its input', async (_, xShape, weightShape, options, spatial) => {
    const [dy, weight] = [tensor(values('float64', xShape, 1)), tensor(values('float64', weightShape, 2))]
    const result = convTranspose(dy, weight, options)
    const lead = xShape.slice(0, -spatial.length - 1)
    expect(result.shape).toEqual([...lead, weightShape[1]! * (options.groups ?? 1), ...spatial])
    const image = tensor(values('float64', result.shape, 3))
    const { outputPadding: _unused, ...window } = options
    expect(await result.data()).toEqual(await grad(conv(image, weight, window).mul(dy).sum(), image).data())
  })

  it('says what does not fit', () => {
    const [x, weight] = [placeholder([2, 3, 4]), placeholder([3, 2, 3])]
    const said = '[convTranspose] shapes [2,2,4] and [3,2,3], expected x [.., C, spatial] and weight [C, O / 1, kernel]'
    expect(() => convTranspose(placeholder([2, 2, 4]), weight)).toThrow(said)
    expect(() => convTranspose(x, weight, { groups: 2 })).toThrow('weight [C, O / 2, kernel]')
    expect(() => convTranspose(placeholder([3, 4]), weight)).toThrow('[convTranspose] shapes [3,4]')
    expect(() => convTranspose(x, weight, { padding: 3 })).toThrow('with more values than the padding takes away')
    for (const outputPadding of [2, -1, 0.5, [0, 0]])
      expect(() => convTranspose(x, weight, { stride: 2, outputPadding })).toThrow(
        'expected whole numbers of at least 0 below the stride',
      )
  })
})
