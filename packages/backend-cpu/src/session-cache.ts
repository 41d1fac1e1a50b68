import type { OrtLibrary, OrtSession } from './library.js'

interface Entry {
  readonly session: Promise<OrtSession>
  users: number
}

/** Sessions by the bytes of their model, so that equal groups share one; released when the last user lets go. */
export class SessionCache {
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new Map<OrtSession, string>()

  constructor(
    readonly lib: OrtLibrary,
    readonly options: Record<string, unknown>,
  ) {}

  get size(): number {
    return this.#entries.size
  }

  /**
   * A session that `keepsMemory` holds on to what its inner values take between runs: worth it in a loop, where memory from the
   * system would be zeroed anew in each step.
   */
  async acquire(model: Uint8Array<ArrayBuffer>, keepsMemory = false): Promise<OrtSession> {
    const key = `${await digest(model)}${keepsMemory ? '+' : ''}`
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = { session: this.lib.InferenceSession.create(model, { ...this.options, enableCpuMemArena: keepsMemory }), users: 0 }
      this.#entries.set(key, entry)
    }
    entry.users++
    try {
      const session = await entry.session
      this.#keys.set(session, key)
      return session
    } catch (error) {
      this.#entries.delete(key)
      throw error
    }
  }

  async release(session: OrtSession): Promise<void> {
    const key = this.#keys.get(session)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (!entry || --entry.users > 0) return
    this.#entries.delete(key!)
    this.#keys.delete(session)
    await session.release()
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#keys.keys()]
    this.#entries.clear()
    this.#keys.clear()
    for (const session of sessions) await session.release()
  }
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
