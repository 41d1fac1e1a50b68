import { isSnnError } from '@snn/tensor'
import { checkMembers } from '@snn/tensor/library'
import type { File } from 'h5wasm'
import { heapFault, heapMargin } from './global-heaps.js'
import { invalidFile } from './invalid.js'

/** The compiled library. */
export type Hdf5Module = Awaited<typeof import('h5wasm').ready>

/** Bytes of which any part can be read at once, so that no more of a large file is in memory than is looked at. */
export interface Hdf5Source {
  readonly size: number
  /** The bytes from `from` up to but not including `to`. */
  readonly readSync: (from: number, to: number) => Uint8Array
}

/** An HDF5 file that is open. */
export interface OpenHdf5 {
  readonly module: Hdf5Module
  /**
   * What `use` makes of the file. Whatever the library throws meanwhile is a fault of the file: `DATA_INVALID`; errors
   * of ours pass.
   */
  read<T>(use: (root: File) => T): T
  close(): void
}

let files = 0
/** The first file on which the library was stopped by the machine: an access out of its memory, an abort. */
let stumbledOn: string | undefined

const signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]

/** Whether a file that begins so is one of HDF5. */
export function isHdf5(head: Uint8Array): boolean {
  return head instanceof Uint8Array && signature.every((byte, i) => head[i] === byte)
}

/**
 * Opens an HDF5 file. The library (h5wasm, 4 MB) is loaded at the first call, and sees of the file what it asks for:
 * values of variable length are checked as it does, since it would never come to the end of damaged ones.
 *
 * @param operation  the function that errors name
 * @param file  names the file in errors
 * @throws `DATA_INVALID` for bytes that do not start as such a file
 */
export async function openHdf5(operation: string, source: Hdf5Source, file: string): Promise<OpenHdf5> {
  checkMembers('openHdf5', source, 'source', ['size', 'readSync()'], 'bytes that can be read at once')
  if (!isHdf5(source.readSync(0, Math.min(signature.length, source.size))))
    throw invalidFile(operation, file, 'does not start as an HDF5 file.')
  const { ready, File: Hdf5File } = await import('h5wasm')
  const module = await ready
  const name = `snn-hdf5-${files++}.h5`
  let fault: string | undefined
  mount(module, name, source, (bytes, first) => (fault ??= heapFault(source, bytes, first)) === undefined)
  let opened: File | undefined
  return {
    module,
    read(use) {
      module.activate_throwing_error_handler() // what is wrong is thrown instead of printed
      try {
        opened ??= new Hdf5File(name, 'r')
        const result = use(opened)
        if (fault !== undefined) throw new Error(fault)
        return result
      } catch (error) {
        if (fault !== undefined) throw invalidFile(operation, file, fault, error)
        if (isSnnError(error)) throw error
        const trapped = error instanceof WebAssembly.RuntimeError
        // there is one library for all files, and it may have kept what a damaged one made of its memory
        if (trapped && stumbledOn !== undefined)
          throw invalidFile(
            operation,
            file,
            `cannot be read (${error.message}); the HDF5 library stumbled on ${stumbledOn} before, which is damaged. If this one is whole, read it in a new process or page.`,
            error,
          )
        if (trapped) stumbledOn = file
        throw invalidFile(
          operation,
          file,
          `cannot be read (${reasonOf(error)}). If the file is whole, and h5dump can read it, repack it: h5repack -f GZIP=4 IN OUT.`,
          error,
        )
      } finally {
        quietly(() => module.deactivate_throwing_error_handler())
      }
    },
    close() {
      for (const end of [
        () => module.activate_throwing_error_handler(),
        () => opened?.close(),
        () => module.deactivate_throwing_error_handler(),
        () => module.FS.unlink(name),
      ])
        quietly(end)
    },
  }
}

/** A damaged file may not close, and a library that it has broken may do nothing more. */
function quietly(end: () => unknown): void {
  try {
    end()
  } catch {
    // See above.
  }
}

/** In one line: of the library's stack of errors what was to be done, and why it could not be. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const steps = [...message.matchAll(/^\s*#\d+: .*? in \w+\(\): (.*)$/gm)].map(([, step]) => step!)
  return steps.length > 0 ? [...new Set([steps[0], steps.at(-1)])].join(': ') : message.replace(/\s*\n\s*/g, '; ')
}

/**
 * Puts a file into the library's file system whose bytes are read when they are asked for. Where they are not `sound`
 * it sees zeros, which it refuses: an error that is thrown from here would leave it in the middle of its work.
 */
function mount(
  module: Hdf5Module,
  name: string,
  { size, readSync }: Hdf5Source,
  sound: (bytes: Uint8Array, first: number) => boolean,
): void {
  module.FS.writeFile(name, new Uint8Array(0))
  const { node } = module.FS.lookupPath(name, {}) as unknown as { node: { usedBytes: number; stream_ops: object } }
  node.usedBytes = size
  node.stream_ops = {
    ...node.stream_ops,
    read(_: unknown, buffer: Int8Array | Uint8Array, offset: number, length: number, position: number): number {
      const [from, to] = [Math.min(position, size), Math.min(position + length, size)]
      const first = Math.max(0, from - heapMargin)
      const around = readSync(first, Math.min(to + heapMargin, size))
      const out = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, to - from)
      if (sound(around, first)) out.set(around.subarray(from - first, to - first))
      else out.fill(0)
      return to - from
    },
  }
}
