import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { adaptiveLif } from '../src/index.js'
import { run } from '../src/run.js'

/**
 * The neuron of the README under a step of current: input, membrane potential with its spikes, and the threshold that
 * they raise, as an SVG.
 */
export async function membranePicture(): Promise<string> {
  const current = Array.from({ length: 120 }, (_, t) => (t < 15 || t >= 95 ? 0 : 1.8))
  const beta = 0.15
  const { spike, trace } = await run(adaptiveLif({ tau: 10, beta, tauAdaptation: 40, reset: 'soft' }), current)
  const x = (t: number): number => 76 + 4.8 * t
  const y = (v: number): string => (210 - 90 * v).toFixed(1)
  const threshold = trace.a.map((a) => 1 + beta * a)
  const curve = (values: readonly number[], style: string): string =>
    `<polyline points="${values.map((value, t) => `${x(t)},${y(value)}`).join(' ')}" fill="none" ${style}/>`
  const spikes = spike.flatMap((s, t) => (s === 0 ? [] : [`M${x(t)} ${y(threshold[t]!)}V62`]))
  return [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 670 225" width="670" height="225" role="img" aria-label="Input, membrane potential, spikes and threshold of an adaptive LIF neuron" font-family="sans-serif" font-size="13">',
    '<rect width="670" height="225" fill="#fff"/>',
    '<text x="8" y="42">input</text><text x="8" y="214">v = 0</text><text x="8" y="124" fill="#ea580c">threshold</text>',
    `<polyline points="${current.map((value, t) => `${x(t)},${(46 - 12 * value).toFixed(1)}`).join(' ')}" fill="none" stroke="#888" stroke-width="1.5"/>`,
    '<path d="M76 210H650" stroke="#ccc"/>',
    curve(threshold, 'stroke="#ea580c" stroke-dasharray="4 3"'),
    curve(trace.v, 'stroke="#2563eb" stroke-width="1.5"'),
    `<path d="${spikes.join('')}" stroke="#2563eb" stroke-width="1.5"/>`,
    '</svg>',
    '',
  ].join('\n')
}

export const membraneFile = fileURLToPath(new URL('../docs/membrane.svg', import.meta.url))

// node --conditions=@snn/source --import tsx packages/neuron/test/membrane-picture.ts
if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(membraneFile, await membranePicture())
