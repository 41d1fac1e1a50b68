import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { imageDecoder, type ImageDecoder } from '../image-decoder.js'

/** The decoder of `imageDecoder` with its WebAssembly file read from the installed package. */
export async function nodeImageDecoder(): Promise<ImageDecoder> {
  const path = createRequire(import.meta.url).resolve('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm')
  return imageDecoder({ jpeg: await WebAssembly.compile(await readFile(path)) })
}
