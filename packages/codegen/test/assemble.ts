import loadWabt from 'wabt'

const wabt = loadWabt()

/** WebAssembly text as a binary module, by somebody else's assembler. */
export async function assemble(text: string): Promise<Uint8Array> {
  const module = (await wabt).parseWat('kernel.wat', text, {
    simd: true,
    threads: true,
    bulk_memory: true,
    memory64: true,
  })
  try {
    return module.toBinary({}).buffer.slice()
  } finally {
    module.destroy()
  }
}
