import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { execute } from '../execute.ts'
import { readPackages, root } from '../workspace.ts'
import { unannounced } from './check.ts'
import { deprecations } from './deprecations.ts'
import { folder, readReports } from './report.ts'

/**
 * `npm run api` writes the reports of the public interfaces anew and says which of their changes no changeset
 * announces; `npm run api -- --deprecated` lists the names that will go.
 */
if (process.argv.includes('--deprecated')) {
  for (const { specifier, name, instead } of deprecations()) console.log(`${specifier} ${name}: ${instead}`)
} else {
  await execute('turbo', ['run', 'build', '--output-logs=errors-only'])
  const reports = readReports()
  for (const { directory } of readPackages()) rmSync(join(directory, folder), { recursive: true, force: true })
  for (const { path, text } of reports) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
  console.log(`${reports.length} reports, such as ${relative(root, reports[0]!.path)}`)
  for (const sentence of await unannounced()) console.log(sentence)
}
