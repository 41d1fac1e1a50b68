import { readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

interface Manifest {
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>
  readonly bin?: Readonly<Record<string, string>>
}

/**
 * The sources of what a package exports (the first condition of each entry) and of its programs (`dist/x.js` is built
 * from `src/x.ts`).
 */
function entries({ exports = {}, bin = {} }: Manifest): string[] {
  const exported = Object.values(exports).flatMap((conditions) =>
    typeof conditions === 'string' ? [] : Object.values(conditions).slice(0, 1),
  )
  const programs = Object.values(bin).map((path) => path.replace(/^(\.\/)?dist\/(.*)\.js$/, './src/$2.ts'))
  return [...new Set([...exported, ...programs])]
}

/** Declarations name `Disposable`, which a compiler with `lib: ["ES2022", "DOM"]` does not know by itself. */
const disposable = '/// <reference lib="esnext.disposable" />'

/** The one build of every package: ESM and declarations of what its package.json exports, nothing bundled in. */
export function library(): ReturnType<typeof defineConfig> {
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Manifest
  return defineConfig({
    entry: entries(manifest),
    format: ['esm'],
    dts: { banner: disposable },
    target: 'es2022',
    platform: 'neutral',
    sourcemap: false,
    clean: true,
    splitting: true,
  })
}
