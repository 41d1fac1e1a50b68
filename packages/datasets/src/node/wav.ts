import { invalid } from '../invalid.js'

export interface WavAudio {
  readonly rate: number
  /** -1 to 1; channels are averaged. */
  readonly samples: Float32Array
}

/** The samples of a RIFF WAVE file with 16-bit integers. Throws `DATA_INVALID`. */
export function parseWav(bytes: Uint8Array, file: string): WavAudio {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const name = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4))
  if (bytes.length < 12 || name(0) !== 'RIFF' || name(8) !== 'WAVE')
    throw invalid('wav', file, 'does not start as a WAVE file.', 0)
  let format: { readonly rate: number; readonly channels: number } | undefined
  for (let at = 12; at + 8 <= bytes.length;) {
    const size = view.getUint32(at + 4, true)
    const from = at + 8
    if (name(at) === 'fmt ') {
      if (size < 16 || from + 16 > bytes.length) throw invalid('wav', file, `a format of ${size} bytes.`, at)
      const [kind, channels, rate, bits] = [
        view.getUint16(from, true),
        view.getUint16(from + 2, true),
        view.getUint32(from + 4, true),
        view.getUint16(from + 14, true),
      ]
      if (kind !== 1 || bits !== 16 || channels < 1 || channels > 64)
        throw invalid(
          'wav',
          file,
          `format ${kind} with ${bits} bits and ${channels} channels, expected 16-bit integers.`,
          from,
        )
      format = { rate, channels }
    }
    if (name(at) === 'data') {
      if (!format) throw invalid('wav', file, 'data before their format.', at)
      const { rate, channels } = format
      const count = Math.floor(Math.min(size, bytes.length - from) / (2 * channels)) // recorders leave a size that is too large
      const samples = new Float32Array(count)
      for (let i = 0; i < count; i++) {
        let sum = 0
        for (let channel = 0; channel < channels; channel++)
          sum += view.getInt16(from + 2 * (i * channels + channel), true)
        samples[i] = sum / channels / 32768
      }
      return { rate, samples }
    }
    at = from + size + (size % 2)
  }
  throw invalid('wav', file, 'no data in it.')
}
