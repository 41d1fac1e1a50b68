import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { execute } from './execute.ts'
import { readPackages } from './workspace.ts'

/**
 * Builds every public package and packs each into `folder`, as npm would publish it. Gives the tarballs' paths, by
 * package name.
 */
export async function packAll(folder: string): Promise<Record<string, string>> {
  await execute('turbo', ['run', 'build', '--output-logs=errors-only'])
  mkdirSync(folder, { recursive: true })
  const tarballs: Record<string, string> = {}
  for (const { name, directory: cwd, manifest } of readPackages()) {
    if (manifest.private) continue
    await execute('pnpm', ['pack', '--pack-destination', folder], { cwd })
    tarballs[name] = join(folder, `${name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`)
  }
  return tarballs
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = resolve(process.argv[2] ?? 'tarballs')
  const count = Object.keys(await packAll(folder)).length
  console.log(`${count} packages in ${folder}. In your project: npm install ${folder}/*.tgz`)
}
