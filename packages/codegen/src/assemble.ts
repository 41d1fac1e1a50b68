import loadWabt from 'wabt'

let wabt: ReturnType<typeof loadWabt> | undefined

/** WebAssembly text as a binary module. */
export async function assemble(text: string): Promise<Uint8Array<ArrayBuffer>> {
  wabt ??= loadWabt()
  const module = (await wabt).parseWat('kernel.wat', text, { simd: true, threads: true, bulk_memory: true, memory64: true })
  try {
    const { buffer } = module.toBinary({})
    return buffer.slice()
  } finally {
    module.destroy()
  }
}
