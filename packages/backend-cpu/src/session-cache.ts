import type { RunEnd } from './in-place.js'
import type { OrtLibrary, OrtSession } from './library.js'
import { smallModel } from './machine.js'
import type { SessionForm, Threads } from './threads/threads.js'

/** A session, and its number where each of our threads has one of its own. */
export interface Session {
  readonly own: OrtSession
  readonly number: number | undefined
}

interface Entry {
  readonly session: Promise<Session>
  users: number
}

/**
 * Sessions by the bytes of their model, or a digest of them, so that equal groups share one; released when the last
 * user lets go.
 */
export class SessionCache {
  readonly #entries = new Map<string, Entry>()
  readonly #keys = new Map<Session, string>()

  constructor(
    readonly lib: OrtLibrary,
    readonly options: Readonly<Record<string, unknown>>,
    /** How the library ends runs of models with the marker, if it does (see in-place.ts). */
    readonly runEnd: RunEnd | undefined,
    /** Those that can have sessions of their own. */
    readonly threads: Threads | undefined,
  ) {}

  get size(): number {
    return this.#entries.size
  }

  /** A session that computes with all threads. */
  async acquire(model: Uint8Array<ArrayBuffer>): Promise<Session> {
    return this.#acquire(await keyOf(model), async () => ({
      own: await this.#create(model, this.options),
      number: undefined,
    }))
  }

  /**
   * A session for each of our threads, which computes with that one. Without such threads, one that computes with all.
   */
  async acquireForThreads(
    model: Uint8Array<ArrayBuffer>,
    form: Pick<SessionForm, 'inputs' | 'outputs' | 'end'>,
  ): Promise<Session> {
    const { threads } = this
    if (!threads) return this.acquire(model)
    return this.#acquire(`threads ${await keyOf(model)}`, async () => {
      const options = { ...this.options, intraOpNumThreads: 1 }
      let own: OrtSession | undefined
      const number = await threads.loadSession({ model, options, ...form }, async () => {
        own = await this.#create(model, options)
      })
      return { own: own!, number }
    })
  }

  #create(model: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession> {
    return this.lib.InferenceSession.create(model, options)
  }

  async #acquire(key: string, create: () => Promise<Session>): Promise<Session> {
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = { session: create(), users: 0 }
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

  async release(session: Session): Promise<void> {
    const key = this.#keys.get(session)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (!entry || --entry.users > 0) return
    this.#entries.delete(key!)
    this.#keys.delete(session)
    await this.#end(session)
  }

  async #end({ own, number }: Session): Promise<void> {
    if (number !== undefined) this.threads!.releaseSession(number)
    await own.release()
  }

  async dispose(): Promise<void> {
    const sessions = [...this.#keys.keys()]
    this.#entries.clear()
    this.#keys.clear()
    for (const session of sessions) await this.#end(session)
  }
}

async function keyOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (bytes.length <= smallModel) return String.fromCharCode(...bytes)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
