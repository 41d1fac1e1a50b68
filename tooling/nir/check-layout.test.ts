import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lint, writeNir, writeNirData } from '@snn/nir'
import { expect, it } from 'vitest'
import { sampleData, sampleGraphs } from './samples.ts'

/** A Python that has h5py: `SNN_PYTHON`, else `python3`. */
const python = process.env['SNN_PYTHON'] ?? 'python3'
const available = spawnSync(python, ['-c', 'import h5py']).status === 0
if (!available) console.warn(`SKIPPED: ${python} has no h5py; set SNN_PYTHON to one that has`)

it.skipIf(!available)('files have the layout that nir itself writes', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nir-'))
  try {
    for (const [name, graph] of Object.entries(sampleGraphs)) {
      expect(lint(graph, 'nir')).toEqual([])
      writeFileSync(join(folder, `${name}.nir`), await writeNir(graph))
      writeFileSync(join(folder, `${name}-plain.nir`), await writeNir(graph, { compression: false }))
    }
    writeFileSync(join(folder, 'recorded.data.nir'), await writeNirData(sampleData))
    const said = execFileSync(python, [fileURLToPath(new URL('check_layout.py', import.meta.url)), folder], {
      encoding: 'utf8',
    })
    expect(said).toContain('files as nir writes them')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
