// the page's program, with no more of a browser than it touches
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'

globalThis.document = { title: '', createElement: () => ({ relList: { supports: () => true } }) }
const script = readdirSync('dist/assets').find((name) => name.startsWith('index-') && name.endsWith('.js'))
await import(`./dist/assets/${script}`)
assert.equal(document.title, '1,2,34,34 4')
