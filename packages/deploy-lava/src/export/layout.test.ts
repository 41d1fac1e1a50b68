import { integrateAndFire } from '@snn/neuron'
import { conv2d, flatten, input, linear, sequential } from '@snn/nn'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { exportNet } from './export-net.js'

const script = fileURLToPath(new URL('../../../../tooling/golden/lava_layout.py', import.meta.url))
const python = process.env['SNN_PYTHON'] ?? 'python3'

function hasH5py(): boolean {
  try {
    execFileSync(python, ['-c', 'import h5py'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn(`SKIPPED: ${python} has no h5py; set SNN_PYTHON to one that has`)
    return false
  }
}

describe('the layout of lava-dl', () => {
  it.skipIf(!hasH5py())('is that of our files, as h5py sees them', async () => {
    const net = sequential(
      input([1, 6, 6]),
      conv2d(1, 2, 3),
      integrateAndFire(),
      flatten(),
      linear(32, 3),
      integrateAndFire(),
    )
    const { files } = await exportNet(net)
    const folder = mkdtempSync(join(tmpdir(), 'lava-'))
    try {
      writeFileSync(join(folder, 'network.net'), files['network.net']!)
      expect(execFileSync(python, [script, join(folder, 'network.net')], { encoding: 'utf8' })).toContain(
        '1 files, 0 faults',
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
