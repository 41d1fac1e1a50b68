import { summarizeNir } from './nir-summary.ts'

const bytes = new Uint8Array(await (await fetch('/file')).arrayBuffer())
await fetch('/result', { method: 'POST', body: JSON.stringify(await summarizeNir(bytes).catch(String)) })
