import { summarize } from './summary.ts'

/**
 * Reads every recording of the server and sends it what came out; in a page also starts a worker that does the same.
 */
async function run(): Promise<void> {
  const names = (await (await fetch('/recordings')).json()) as string[]
  const get = async (path: string): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(await (await fetch(path)).arrayBuffer())
  const results: Record<string, unknown> = {}
  for (const name of names) {
    const options = { file: name, filter: (filter: string) => get(`/filters/libH5Z${filter}.so`) }
    results[name] = await summarize(await get(`/recordings/${encodeURIComponent(name)}`), options).catch(
      (error: unknown) => String(error),
    )
  }
  await fetch(`/results/${inPage ? 'page' : 'worker'}`, { method: 'POST', body: JSON.stringify(results) })
}

const inPage = 'document' in globalThis
/** Held, or it would be collected while it works. */
export const worker = inPage ? new Worker('/page.js', { type: 'module' }) : undefined
await run()
