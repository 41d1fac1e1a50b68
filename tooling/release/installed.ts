import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { execute } from '../execute.ts'
import { readExamples, toJavaScript, type Example } from '../readme.ts'
import { readModule } from '../structure/imports.ts'
import { readPackages, type Package } from '../workspace.ts'
import { closureOf, createProject, peersOf, type Manager, type Project } from './project.ts'
import { hasRun, runAll } from './run-all.ts'
import { nodes, otherRuntimes } from './runtimes.ts'

const minutes = 60_000

/** Tests each package alone: installed by `manager` from its tarball into an empty project. */
export function testInstalledPackages(manager: Manager): void {
  const tarballs = inject('tarballs')
  const packages = readPackages()
  for (const pkg of packages.filter(({ name }) => name in tarballs))
    describe(`${pkg.name} installed with ${manager}`, () => testPackage(pkg, packages, manager))
}

const fileOf = ({ line }: Example): string => `example-at-line-${line}.js`

function testPackage(pkg: Package, packages: readonly Package[], manager: Manager): void {
  const tarballs = inject('tarballs')
  const examples = readExamples(pkg)
  const alsoImported = examples
    .flatMap(({ code }) => readModule('example.ts', code).imports)
    .map(({ specifier }) => packages.find(({ entries }) => entries.some((entry) => entry.specifier === specifier)))
  const wanted = [...new Set([pkg, ...alsoImported])].filter((candidate) => candidate !== undefined)
  const peers = peersOf(wanted.flatMap((one) => closureOf(one, packages)))
  const runtimes = Object.keys(peers).length === 0 ? [...nodes, ...otherRuntimes] : nodes
  let project: Project

  beforeAll(async () => {
    project = await createProject(
      manager,
      { ...peers, ...Object.fromEntries(wanted.map(({ name }) => [name, `file:${tarballs[name]}`])) },
      tarballs,
    )
    project.write('entries.js', pkg.entries.map(({ specifier }) => `await import('${specifier}')`).join('\n'))
    for (const example of examples) project.write(fileOf(example), await toJavaScript(example))
    project.write('run-all.js', runAll)
  }, 5 * minutes)
  afterAll(() => project?.remove())

  // that each example runs alone, too, is tested from the sources (readme.test.ts)
  const files = ['entries.js', ...examples.map(fileOf)]
  it.each(runtimes)(
    `every entry loads, and ${examples.length} README examples run, on $name`,
    { timeout: 5 * minutes },
    async ({ command, args }) => {
      const printed = await execute(command, [...args, 'run-all.js', ...files], { cwd: project.directory })
      expect(hasRun(printed, files), printed).toBe(true)
    },
  )

  it.each(nodes)('every entry can be required on $name', { timeout: minutes }, async ({ command }) => {
    const code = pkg.entries.map(({ specifier }) => `require('${specifier}')`).join('\n')
    await execute(command, ['--input-type=commonjs', '--eval', code], { cwd: project.directory })
  })

  if (pkg.shortName === 'tensor')
    it.each(nodes)('TRACED_VALUE names the line of the user on $name', { timeout: minutes }, async ({ command }) => {
      const lines = [
        `import { compile, reference } from '${pkg.name}'`,
        'const f = compile((x) => {',
        '  const y = x.add(1)',
        '  return y > 2 ? y : x',
        '}, { backend: reference() })',
        'await f({ data: new Float32Array(2), shape: [2] }).catch(({ details }) => console.log(details.place))',
      ]
      project.write('traced.js', lines.join('\n'))
      expect(await execute(command, ['traced.js'], { cwd: project.directory })).toMatch(/traced\.js:3:15/)
    })

  for (const name of Object.keys(pkg.manifest.bin ?? {})) {
    it.each(nodes)(`${name} --help prints its usage on $name`, { timeout: minutes }, async ({ command }) => {
      const program = join(project.directory, 'node_modules', pkg.name, pkg.manifest.bin![name]!)
      expect(await execute(command, [program, '--help'], { cwd: project.directory })).toContain(name)
      expect(
        await execute(join(project.directory, 'node_modules', '.bin', name), ['--help'], { cwd: project.directory }),
      ).toContain(name)
    })
  }

  if (manager === 'npm')
    it('installs nothing but a native peer that has an install script', () => {
      expect(project.withInstallScripts().filter((name) => !(name in peers))).toEqual([])
    })
}
