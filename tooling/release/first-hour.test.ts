import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../execute.ts'
import { parseBlocks, readReadme, toJavaScript, type Block } from '../readme.ts'
import { readModule } from '../structure/imports.ts'
import { readPackages, root, type Package } from '../workspace.ts'
import { createProject, type Dependencies, type Project } from './project.ts'
import { nodes } from './runtimes.ts'
import { typeErrorsIn } from './declarations.ts'

const minutes = 60_000
const packages = readPackages()

/**
 * What a newcomer does first: the first program of that README that makes this call, with the packages that the README
 * says to install.
 */
const tasks = [
  { task: 'convert', readme: 'ann2snn', call: 'convert(' },
  { task: 'train', readme: 'train', call: 'fit(' },
  { task: 'own neuron', readme: 'neuron', call: 'defineNeuron(' },
  { task: 'event frames', readme: 'datasets', call: 'toFrames(' },
].map(({ readme, ...task }) => {
  const text = readReadme(packages.find(({ shortName }) => shortName === readme)!)
  const program = parseBlocks(text).find(({ info, code }) => info.startsWith('ts') && code.includes(task.call))
  if (!program) throw new Error(`no program with ${task.call} in the README of ${readme}`)
  return { ...task, program, file: `${task.task.replace(' ', '-')}.ts`, installed: installedBy(text) }
})

/** Names of the packages of the `npm install` lines in the first block for a shell. */
function installedBy(readme: string): string[] {
  const shell = parseBlocks(readme).find(({ info }) => info === 'sh')?.code ?? ''
  return [...shell.matchAll(/npm install ([^#\n]*)/g)].flatMap(([, names]) => names!.trim().split(/\s+/))
}

/** Lines that say something. */
function linesOf({ code }: Block): string[] {
  return code.split('\n').filter((line) => !/^\s*(\/\/|\/?\*.*)?$/.test(line))
}

const nameOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the first hour: a program from a README, in an empty project with what the README installs', () => {
  const tarballs = inject('tarballs')
  const workspace = new Map<string, Package>(packages.map((pkg) => [pkg.name, pkg]))
  const versions = Object.assign(
    {},
    ...packages.map(({ manifest }) => ({ ...manifest.devDependencies, ...manifest.dependencies })),
  ) as Dependencies
  let project: Project

  beforeAll(async () => {
    const wanted = [...new Set(tasks.flatMap(({ installed }) => installed))]
    project = await createProject(
      'npm',
      Object.fromEntries(
        wanted.map((name) => [name, workspace.has(name) ? `file:${tarballs[name]}` : versions[name]!]),
      ),
      tarballs,
    )
    copyFileSync(join(root, 'apps', 'cli', 'models', 'mnist-cnn.onnx'), join(project.directory, 'classifier.onnx'))
    for (const { file, program } of tasks) {
      project.write(file, `${program.code}\nexport {}`)
      project.write(file.replace('.ts', '.js'), await toJavaScript(program))
    }
  }, 5 * minutes)
  afterAll(() => project?.remove())

  describe.each(tasks)('$task', ({ file, program, installed }) => {
    it('has at most 20 lines', () => {
      expect(linesOf(program).length).toBeLessThanOrEqual(20)
    })

    it('imports what is installed', () => {
      const imported = readModule(file, program.code)
        .imports.map(({ specifier }) => nameOf(specifier!))
        .filter((name) => !name.startsWith('node:'))
      expect(
        imported.filter((name) => !installed.includes(name)),
        'add them to the npm install line of the README',
      ).toEqual([])
    })

    it('runs and shows something', { timeout: 3 * minutes }, async () => {
      expect(await execute(nodes[0]!.command, [file.replace('.ts', '.js')], { cwd: project.directory })).not.toBe('')
    })
  })

  it('type-checks, with what it was installed with', { timeout: 2 * minutes }, () => {
    expect(
      typeErrorsIn(
        project.directory,
        tasks.map(({ file }) => file),
        { node: true },
      ),
    ).toEqual([])
  })
})
