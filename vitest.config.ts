import { defaultExclude, defineConfig } from 'vitest/config'
import { scope } from './tooling/workspace.ts'

/** `unit` runs from the sources; `release` builds, packs and installs the packages as a user gets them, afterwards. */
const conditions = [`${scope}/source`, 'import', 'module', 'default']
const release = 'tooling/release/**/*.test.ts'

export default defineConfig({
  test: {
    // half of the time goes into programs that tests start and wait for
    maxWorkers: 2,
    reporters: ['default', './tooling/summary-reporter.ts'],
    projects: [
      {
        resolve: { conditions },
        ssr: { resolve: { conditions, externalConditions: conditions } },
        test: {
          name: 'unit',
          include: ['{packages,apps,tooling}/**/*.test.ts'],
          exclude: [...defaultExclude, release, 'tooling/consumers/**'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'release',
          include: [release],
          globalSetup: 'tooling/release/pack.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
