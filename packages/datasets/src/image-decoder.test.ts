import { describe, expect, it } from 'vitest'
import golden from '../test/golden/pictures.json' with { type: 'json' }
import { nodeImageDecoder } from './node/image-decoder.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const file = (name: string): Uint8Array => bytesOf(golden.cases.find((c) => c.name.startsWith(name))!.file)

describe(`imageDecoder, against ${golden.version}`, () => {
  it.each(golden.cases)('$name: every pixel equal', async ({ file, shape, pixels }) => {
    const decode = await nodeImageDecoder()
    const image = await decode(bytesOf(file))
    expect(image).toMatchObject({ shape, dtype: 'uint8' })
    expect(Buffer.from(image.data as Uint8Array).equals(Buffer.from(pixels, 'base64'))).toBe(true)
  })

  it('goes on after a damaged picture, also for those that wait', async () => {
    const decode = await nodeImageDecoder()
    const good = file('jpeg baseline 4:2:0')
    const bad = good.slice(0, 400)
    const results = await Promise.allSettled([bad, good, bad, good].map((bytes, i) => decode(bytes, `${i}.jpg`)))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
    expect(results[2]).toMatchObject({ reason: { code: 'DATA_INVALID', details: { file: '2.jpg' } } })
  })

  it('does not fill what a truncated file lacks', async () => {
    const decode = await nodeImageDecoder()
    for (const name of ['jpeg baseline 4:2:0', 'png rgb', 'png interlaced']) {
      const whole = file(name)
      await expect(decode(whole.slice(0, Math.floor(whole.length * 0.8)))).rejects.toMatchObject({
        code: 'DATA_INVALID',
      })
    }
  })

  it('takes no memory on the word of a header', async () => {
    const decode = await nodeImageDecoder()
    const png = file('png rgb')
    new DataView(png.buffer).setUint32(16, 100_000)
    new DataView(png.buffer).setUint32(20, 100_000)
    await expect(decode(png, 'a.png')).rejects.toThrow(/\[picture\] a\.png: 100000 x 100000 pixels in \d+ bytes/)
    await expect(decode(new TextEncoder().encode('GIF89a.............'))).rejects.toThrow(/neither JPEG nor PNG/)
  })
})
