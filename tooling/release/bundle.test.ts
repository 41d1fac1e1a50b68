import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild, type BuildOptions } from 'esbuild'
import { build as vite } from 'vite'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { browserEntries } from '../structure/rules.ts'
import { readPackages, scope } from '../workspace.ts'
import { typeErrorsIn } from './declarations.ts'
import { createProject, peersOf, type Project } from './project.ts'

/** Bytes that a package with all its dependencies may have, minified and gzipped, by name without scope. */
const budgets: Readonly<Record<string, number>> = { neuron: 40_000 }

const tarballs = inject('tarballs')
const published = readPackages().filter(({ name }) => name in tarballs)
const entries = published.filter(({ manifest }) => !manifest.bin).flatMap(browserEntries)
const external = Object.keys(peersOf(published))

/** A program that reduces frames of events, and decodes no picture. */
const frames = `import { createEvents, sensorOf, toFrames } from '${scope}/datasets'\nconst events = createEvents({ t: [0], x: [1], y: [1] }, { sensor: sensorOf(34, 34) })\nexport const total = toFrames({ by: 'number', n: 1 })(events).data.reduce((a, b) => a + b)`

describe('in a web project that installed the tarballs', () => {
  let project: Project
  beforeAll(async () => {
    project = await createProject(
      'npm',
      Object.fromEntries(published.map(({ name }) => [name, `file:${tarballs[name]}`])),
      tarballs,
    )
  }, 300_000)
  afterAll(() => project?.remove())

  /** Bundles a module for browsers; an import of `node:*` fails. */
  async function bundle(contents: string, options: BuildOptions = {}): Promise<Uint8Array> {
    const stdin = { contents, resolveDir: project.directory }
    const result = await esbuild({
      stdin,
      bundle: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      external,
      write: false,
      logLevel: 'silent',
      ...options,
    })
    expect(result.warnings).toEqual([])
    return result.outputFiles![0]!.contents
  }

  it.each(entries)('esbuild bundles $specifier for browsers', async ({ specifier }) => {
    await bundle(`export * from '${specifier}'`)
  })

  it('the bundle test notices a node: module', async () => {
    await expect(bundle("export { readFileSync } from 'node:fs'")).rejects.toThrow('node:fs')
  })

  const importing = (wanted: readonly { readonly specifier: string }[]): string =>
    wanted.map(({ specifier }) => `import '${specifier}'`).join('\n')

  it(
    'declarations compile with the libraries ES2022 and DOM alone, checked themselves, without the types of Node',
    { timeout: 120_000 },
    () => {
      project.write('web.ts', importing(entries))
      project.write('frames.ts', frames)
      project.write('wrong.d.ts', 'export declare const wrong: NoSuchType')
      expect(typeErrorsIn(project.directory, ['web.ts', 'frames.ts', 'wrong.d.ts'])).toEqual([
        expect.stringMatching(/^wrong\.d\.ts:1: Cannot find name 'NoSuchType'/),
      ])
    },
  )

  it('so do those of the entries for Node, with its types', { timeout: 120_000 }, () => {
    const forBrowsers = new Set(entries.map(({ specifier }) => specifier))
    project.write(
      'node.ts',
      importing(
        published
          .flatMap((pkg) => (pkg.manifest.bin ? [] : pkg.entries))
          .filter(({ specifier }) => !forBrowsers.has(specifier)),
      ),
    )
    expect(typeErrorsIn(project.directory, ['node.ts'], { node: true })).toEqual([])
  })

  it('a program without JPEG is bundled without its decoder', async () => {
    const decoding = `import { imageDecoder } from '${scope}/datasets'\nexport const decode = imageDecoder()`
    const hasDecoder = async (contents: string): Promise<boolean> =>
      new TextDecoder().decode(await bundle(contents)).includes('mozjpeg')
    expect([await hasDecoder(frames), await hasDecoder(decoding)]).toEqual([false, true])
  })

  it('Vite builds a page that uses every entry', { timeout: 120_000 }, async () => {
    const names = entries.map((_, index) => `e${index}`)
    project.write('index.html', '<!doctype html><script type="module" src="./main.js"></script>')
    project.write(
      'main.js',
      `${entries.map(({ specifier }, index) => `import * as e${index} from '${specifier}'`).join('\n')}\nconsole.log(${names.join()})`,
    )
    const warnings: string[] = []
    await vite({
      root: project.directory,
      configFile: false,
      logLevel: 'silent',
      // size is what the budgets are for: h5wasm is one large chunk that loads with the first HDF5 file
      build: {
        chunkSizeWarningLimit: Infinity,
        rollupOptions: { external, onwarn: ({ message }) => warnings.push(message) },
        outDir: join(project.directory, 'out'),
      },
    })
    expect(warnings).toEqual([])
  })

  it.each(published.filter(({ shortName }) => shortName in budgets))(
    '$name keeps its size budget',
    async ({ name, shortName }) => {
      const bytes = gzipSync(await bundle(`export * from '${name}'`, { minify: true }), { level: 9 }).length
      console.log(
        `${name} with its dependencies: ${(bytes / 1000).toFixed(1)} kB minified and gzipped, at most ${budgets[shortName]! / 1000} kB`,
      )
      expect(bytes).toBeLessThanOrEqual(budgets[shortName]!)
    },
  )
})
