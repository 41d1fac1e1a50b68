import type { TensorLike } from '@snn/tensor'
import { checkBytes, checkObject } from '@snn/tensor/library'
import { channelsFirst } from './arrays.js'
import { invalid } from './invalid.js'
import { parsePictureHeader, type PictureHeader } from './picture-header.js'
import { decodePng } from './png.js'

/** The pixels of a picture, uint8 [C, H, W]: C is 3 (red, green, blue) for colour and 1 for gray. */
export interface Picture extends TensorLike {
  /** Some pixels are transparent: they count with the colour that lies under it. */
  readonly transparent?: true
}

/** The pixels of a picture file. Throws `DATA_INVALID`. */
export type ImageDecoder = (bytes: Uint8Array, file?: string) => Promise<Picture>

export interface ImageDecoderOptions {
  /**
   * `@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm`, compiled; without it the decoder fetches the file that lies beside its
   * script.
   */
  readonly jpeg?: WebAssembly.Module
}

/**
 * A decoder of JPEG (baseline and progressive, by MozJPEG in WebAssembly: the numbers of libjpeg) and PNG. Orientation
 * tags and colour profiles are not applied, and transparency is left out, as in the usual training pipelines. A damaged
 * picture is an error, never grey filling.
 */
export function imageDecoder(options: ImageDecoderOptions = {}): ImageDecoder {
  checkObject('imageDecoder', options)
  const decodeJpeg = jpegDecoder(options.jpeg)
  return async (given, file = 'picture') => {
    const bytes = checkBytes('imageDecoder', given)
    const header = parsePictureHeader(bytes, file)
    const { width, height } = header
    const { data, transparent } =
      header.format === 'png'
        ? decodePng(bytes, header, file)
        : { data: await decodeJpeg(bytes, header, file), transparent: false }
    return {
      data,
      shape: [data.length / (width * height), height, width],
      dtype: 'uint8',
      ...(transparent && { transparent }),
    }
  }
}

function jpegDecoder(
  wasm: WebAssembly.Module | undefined,
): (bytes: Uint8Array, header: PictureHeader, file: string) => Promise<Uint8Array> {
  interface Instance {
    readonly complaints: string[]
    decode(bytes: Uint8Array, preserveOrientation: boolean): ImageData
  }
  const create = async (): Promise<Instance> => {
    const complaints: string[] = []
    // loaded with the first JPEG, so that a bundle that decodes none does without
    const { default: jpegModule } = await import('@jsquash/jpeg/codec/dec/mozjpeg_dec.js')
    const module = await jpegModule({
      noInitialRun: true,
      printErr: (line: string) => void complaints.push(line),
      ...(wasm && {
        instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
          const instance = new WebAssembly.Instance(wasm, imports)
          done(instance)
          return instance.exports
        },
      }),
    })
    return { complaints, decode: module.decode.bind(module) as unknown as Instance['decode'] }
  }
  // libjpeg ends its program on an error, so a damaged picture costs the instance; whoever waits for it takes the next
  // one.
  let current: Promise<Instance> | undefined
  return async (bytes, { width, height, channels }, file) => {
    let used: Promise<Instance>
    let instance: Instance
    do instance = await (used = current ??= create())
    while (used !== current)
    instance.complaints.length = 0
    let picture: ImageData | undefined
    try {
      picture = instance.decode(bytes, false)
    } catch (error) {
      current = undefined
      throw invalid(
        'jpeg',
        file,
        `cannot be decoded (${instance.complaints.join('; ') || (error as Error).message}).`,
        undefined,
        error,
      )
    }
    const fault = instance.complaints.find((line) => !line.includes('extraneous bytes')) // those are skipped without loss
    if (fault !== undefined) throw invalid('jpeg', file, `damaged (${fault}).`)
    if (picture?.width !== width || picture.height !== height)
      throw invalid('jpeg', file, 'decodes to another size than its header says.')
    return channelsFirst(picture.data, channels, width * height, 4)
  }
}
