import { gunzipSync } from 'node:zlib'
import { isSnnError } from '@snn/tensor'
import { describe, expect, it } from 'vitest'
import golden from '../../../test/golden/hdf5-filters.json' with { type: 'json' }
import { readHdf5Filter } from '../../node/hdf5-filter.js'
import { concatEvents } from '../select.js'
import { hdf5 } from './hdf5.js'

const bytesOf = (base64: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(base64, 'base64')))
const options = { sensor: { width: 640, height: 480 }, filter: readHdf5Filter }
const failure = async (base64: string, more: object): Promise<string> =>
  hdf5.parse(bytesOf(base64), { ...options, ...more }).then(
    () => 'read',
    (error: unknown) => (isSnnError(error, 'DATA_INVALID') ? error.message : String(error)),
  )

describe('HDF5 packed by filters that the library has not', () => {
  // First, since a filter that is loaded stays so.
  it('says what to do where the filter cannot be had', async () => {
    const nowhere = async (): Promise<Uint8Array> => Promise.reject(new Error('no network'))
    expect(await failure(golden.files['blosc zstd shuffle'], { filter: nowhere })).toMatch(
      /^\[hdf5\] hdf5: packed by Blosc \(32001\), whose filter cannot be loaded \(no network\)\..*@snn\/datasets\/node.*libH5Zblosc\.so.*h5repack/,
    )
    expect(await failure(golden.files.zstd, { filter: undefined })).toMatch(
      /Zstandard \(32015\), whose filter cannot be loaded/,
    )
  })

  it.each(Object.entries(golden.files))('%s', async (_, base64) => {
    const parts = []
    for await (const part of hdf5.batches([bytesOf(base64)], options)) parts.push(part)
    for (const { t, x, y, p } of [await hdf5.parse(bytesOf(base64), options), concatEvents(parts)]) {
      expect({ t: [...t], x: [...x], y: [...y], p: [...p] }).toEqual(golden.events)
    }
  })

  it('names a filter that is not to be had, and the way out', async () => {
    expect(await failure(golden.refused.ECF, {})).toMatch(
      /events\/t is packed by Prophesee's ECF \(36559\) in chunks of 128 of 4 bytes, expected at most 65535 events of 16 bytes/,
    )
    expect(await failure(golden.refused['filter 40000'], {})).toMatch(
      /events\/t is packed by .+ \(40000\), which cannot be unpacked here\. .*h5repack -f GZIP=4/,
    )
    // zlib within Blosc needs what the build of the library does not offer.
    expect(await failure(golden.refused['blosc zlib'], {})).toMatch(/cannot be read .*h5repack -f GZIP=4/)
    expect(await failure(golden.files.zstd, {})).toBe('read')
  })
})
