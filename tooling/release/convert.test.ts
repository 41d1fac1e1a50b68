import { copyFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../execute.ts'
import { readPackages, root, scope } from '../workspace.ts'
import { createProject, peersOf, type Project } from './project.ts'
import { nodes } from './runtimes.ts'

const minutes = 60_000
const [converter, backend] = [`${scope}/ann2snn`, `${scope}/backend-cpu`]

/** Converts an ONNX classifier with tensors and backend of the published packages, and prints what a user looks at. */
const program = `
import { readFile } from 'node:fs/promises'
import { convert, simulate } from '${converter}'
import { cpu } from '${backend}'
const backend = await cpu()
const images = { data: Float32Array.from({ length: 8 * 784 }, (_, i) => (Math.sin(i / 7) + 1) / 2), shape: [8, 1, 28, 28] }
const { snn, report } = await convert(await readFile('model.onnx'), [images], { backend })
const { logits } = await simulate(snn, images, { T: 8, backend })
console.log(JSON.stringify({ shape: logits.shape, finite: logits.data.every(Number.isFinite), spiking: report.layers.map(({ kind }) => kind) }))
await backend.dispose()
`

const unavailable = `
import { cpu } from '${backend}'
await cpu().then(() => console.log('available'), ({ code, details }) => console.log(code + ': ' + details.fix))
`

describe('an ONNX classifier in an empty project', () => {
  const tarballs = inject('tarballs')
  const wanted = Object.fromEntries([converter, backend].map((name) => [name, `file:${tarballs[name]}`]))
  const peers = peersOf(readPackages().filter(({ name }) => name === backend))
  let project: Project
  let without: Project

  beforeAll(async () => {
    project = await createProject('npm', { ...wanted, ...peers }, tarballs)
    copyFileSync(join(root, 'apps', 'cli', 'models', 'mnist-cnn.onnx'), join(project.directory, 'model.onnx'))
    project.write('program.js', program)
    without = await createProject('npm', wanted, tarballs)
    rmSync(join(without.directory, 'node_modules', 'onnxruntime-node'), { recursive: true, force: true })
    without.write('program.js', unavailable)
  }, 5 * minutes)
  afterAll(() => {
    project?.remove()
    without?.remove()
  })

  it.each(nodes)('becomes a spiking network on $name', { timeout: minutes }, async ({ command }) => {
    const printed: unknown = JSON.parse(await execute(command, ['program.js'], { cwd: project.directory }))
    expect(printed).toEqual({ shape: [8, 10], finite: true, spiking: ['relu', 'relu', 'relu'] })
  })

  it.each(nodes)(
    'gets an error that names the fix where onnxruntime-node is missing, on $name',
    { timeout: minutes },
    async ({ command }) => {
      const printed = await execute(command, ['program.js'], { cwd: without.directory })
      expect(printed).toMatch(/^BACKEND_UNAVAILABLE: .*npm install onnxruntime-node/)
    },
  )
})
