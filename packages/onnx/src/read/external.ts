import { invalid } from '../errors.js'

/** Gives parts of external data files, checked against the files' sizes. */
export type ExternalData = (entries: ReadonlyMap<string, string>, where: string) => Uint8Array

/**
 * Reads parts of the files that `open` gives. The parts of one file together may be at most twice its size, so that
 * many constants which all point at the same bytes cannot take unbounded memory.
 */
export function externalData(open: ((location: string) => Uint8Array) | undefined): ExternalData {
  const files = new Map<string, { bytes: Uint8Array; taken: number }>()
  return (entries, where) => {
    const location = entries.get('location')
    if (!location) throw invalid(where, 'its data are external but no location is given')
    if (!open) {
      throw invalid(
        where,
        `its data are in the file "${location}", which was not given; pass the option externalData, or use readOnnxFile of @snn/onnx/node`,
      )
    }
    let file = files.get(location)
    if (!file) files.set(location, (file = { bytes: open(location), taken: 0 }))
    const size = file.bytes.byteLength
    const offset = wholeNumber(entries.get('offset') ?? '0', where)
    const length = entries.has('length') ? wholeNumber(entries.get('length')!, where) : size - offset
    if (length < 0 || offset + length > size)
      throw invalid(where, `its data are bytes ${offset} to ${offset + length} of "${location}", which has ${size}`)
    file.taken += length
    if (file.taken > 2 * size) throw invalid(where, `the constants take more than twice the bytes of "${location}"`)
    return file.bytes.subarray(offset, offset + length)
  }
}

function wholeNumber(text: string, where: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value))
    throw invalid(where, `"${text.slice(0, 40)}" is no offset or length of external data`)
  return value
}
