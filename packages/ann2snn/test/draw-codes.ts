import { linearLayer, Network, reluLayer } from '@snn/nn'
import { reference, variable } from '@snn/tensor'
import { mkdirSync, writeFileSync } from 'node:fs'
import { codes } from '../src/codes/table.js'
import type { CodeName } from '../src/codes/code.js'
import { convert } from '../src/convert.js'
import { simulate } from '../src/run/simulate.js'
import { node } from './networks.js'

// Draws the pictures of docs/codes.md: what one neuron with the activation 0.7 (of at most 1) emits in 16 steps, as the
// code runs.
//   node --conditions=@snn/source --import tsx test/draw-codes.ts

const backend = reference()
const T = 16
const one = (value: number) => linearLayer({}, { weight: variable({ data: Float32Array.of(value), shape: [1, 1] }) })
const net = new Network({
  inputs: [{ name: 'x', shape: [1] }],
  nodes: [node('fc1', one(1), 'x'), node('relu1', reluLayer({}), 'fc1'), node('fc2', one(1), 'relu1')],
  outputs: ['fc2'],
})
const folder = new URL('../docs/', import.meta.url)
mkdirSync(folder, { recursive: true })

for (const name of Object.keys(codes) as CodeName[]) {
  const { snn } = await convert(net, [{ data: Float32Array.of(0.2, 1), shape: [2, 1] }], {
    backend,
    code: name,
    mode: 'max',
  })
  const { recorded, logitsByStep } = await simulate(
    snn,
    { data: Float32Array.of(0.7), shape: [1, 1] },
    { T, backend, record: ['relu1.output'] },
  )
  const emitted = [...recorded['relu1.output']!.data]
  const bars = emitted.map((value, t) =>
    value === 0
      ? ''
      : `<rect x="${20 + 20 * t}" y="${(60 - 40 * Math.max(value, 0)).toFixed(1)}" width="12" height="${(40 * Math.abs(value)).toFixed(1)}" fill="#2563eb"/>`,
  )
  const line = [...logitsByStep.data].map((value, t) => `${26 + 20 * t},${(60 - 40 * value).toFixed(1)}`)
  writeFileSync(
    new URL(`${name}.svg`, folder),
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 350 90" width="525" height="135" role="img" aria-label="code ${name}"><rect width="350" height="90" fill="#fff"/>` +
      `<path d="M12 60H340" stroke="#888"/><path d="M12 32H340" stroke="#bbb" stroke-dasharray="3 3"/>${bars.join('')}<polyline points="${line.join(' ')}" fill="none" stroke="#ea580c" stroke-width="1.5"/></svg>\n`,
  )
}
