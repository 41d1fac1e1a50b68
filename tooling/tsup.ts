import { defineConfig } from 'tsup'

/** The one build of every library package: ESM and declarations, nothing bundled in. */
export function library(entry: string[]): ReturnType<typeof defineConfig> {
  return defineConfig({ entry, format: ['esm'], dts: true, target: 'es2022', platform: 'neutral', sourcemap: false, clean: true, splitting: true })
}
