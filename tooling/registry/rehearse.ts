import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { checkConsumer, consumers as oldConsumers, installConsumer } from '../release/consumers.ts'
import { execute } from '../execute.ts'
import { readPackages, root, scope } from '../workspace.ts'
import { copyWorkspace, newestEntry, type Copy } from './copy.ts'
import { createConsumer, type Consumer } from './consumer.ts'
import { startRegistry, type Registry } from './registry.ts'
import { step } from './step.ts'

/**
 * `npm run rehearse-release`: the whole life of a release, on a registry of this machine and in a copy of the
 * repository. A release is versioned and published, breaks off half way and is resumed; projects install it by
 * `^`; a fix reaches them, a prerelease only those that ask, and they come back; then the next minor. Throws where
 * anything is not as it should be.
 */
async function rehearse(folder: string): Promise<void> {
  const registry = await startRegistry(join(folder, 'registry'))
  try {
    const copy = await step('a copy of the repository, its packages built', () => prepare(folder, registry))
    const first = await step('a release: versions and changelogs', () => versionFirst(copy))
    await step('its publication breaks off half way, and is resumed', () => publishInTwo(copy, registry, first))
    const consumers = await step(`projects install ^${first}, run and compile`, () => consume(folder, registry, first))
    const fix = await step('a patch reaches them without a change of theirs', () =>
      patch(copy, registry, consumers, first),
    )
    await step('a prerelease reaches only those that ask for it, and they go back', () =>
      prerelease(copy, registry, consumers, fix),
    )
    await step('the next minor waits until it is asked for', () => nextMinor(copy, registry, consumers, fix))
  } finally {
    await registry.close()
  }
}

const tensor = `${scope}/tensor`
const neuron = `${scope}/neuron`

async function prepare(folder: string, registry: Registry): Promise<Copy> {
  await execute('turbo', ['run', 'build', '--output-logs=errors-only'])
  const copy = await copyWorkspace(join(folder, 'copy'), registry.npmrc)
  for (const { directory, manifest } of readPackages())
    if (!manifest.private)
      cpSync(join(directory, 'dist'), join(copy.directory, relative(root, directory), 'dist'), { recursive: true })
  return copy
}

/**
 * Versions as `changeset version` sets them, one for all packages: in a first release by what waits for it, later with
 * something new in every package, which links them again.
 */
async function versionFirst(copy: Copy): Promise<string> {
  const packages = copy.published()
  if (packages.some(({ manifest }) => manifest.version !== '0.0.0'))
    copy.change(Object.fromEntries(packages.map(({ name }) => [name, 'minor'])), 'Something new.')
  await copy.version()
  const versions = new Set(copy.published().map(({ manifest }) => manifest.version))
  assert.equal(versions.size, 1, `linked packages have one version at first, not ${[...versions].join(', ')}`)
  for (const pkg of copy.published()) assert.notEqual(newestEntry(pkg), '', `${pkg.name} has no entry in its changelog`)
  return [...versions][0]!
}

/** Publishes until half of the packages are there, finds the rest missing and nothing broken, and publishes again. */
async function publishInTwo(copy: Copy, registry: Registry, version: string): Promise<void> {
  const packages = copy.published()
  const half = Math.floor(packages.length / 2)
  registry.refuse = () => registry.published.length >= half
  const packed = await copy.pack()
  await assert.rejects(copy.publish(packed), 'a publication that breaks off ends with an error')
  const before = [...registry.published]
  assert.ok(
    before.length > 0 && before.length < packages.length,
    `${before.length} of ${packages.length} are published`,
  )
  await everyDependencyIsThere(registry, before)
  registry.refuse = () => false
  await copy.publish(packed)
  assert.deepEqual(
    [...registry.published].sort(),
    packages.map(({ name }) => `${name}@${version}`).sort(),
    'every package is published once, in the version of the release',
  )
  await everyDependencyIsThere(registry, registry.published)
  for (const { name, directory } of packages) {
    const document = await registry.read(name)
    const place = relative(copy.directory, directory).split(sep).join('/')
    assert.equal(document?.versions[version]?.repository?.directory, place, 'its place in the repository is published')
    assert.deepEqual(document?.['dist-tags'], { latest: version }, name)
    assert.deepEqual(Object.keys(document.versions), [version], name)
  }
  await copy.publish(packed)
  await copy.run('changeset', 'publish')
  assert.equal(registry.published.length, packages.length, 'publishing once more publishes nothing')
  const tags = (await copy.run('git', 'tag')).trim().split('\n')
  assert.deepEqual(tags.sort(), packages.map(({ name }) => `${name}@${version}`).sort(), 'every package has its tag')
}

/** Who installs in the middle of a publication gets a package whose dependencies are there. */
async function everyDependencyIsThere(registry: Registry, published: readonly string[]): Promise<void> {
  for (const item of published) {
    const [name, version] = split(item)
    const { dependencies = {} } = (await registry.read(name))!.versions[version]!
    for (const [needed, range] of Object.entries(dependencies).filter(([one]) => one.startsWith(`${scope}/`))) {
      const document = await registry.read(needed)
      assert.ok(
        document && range.slice(1) in document.versions,
        `${item} is published before ${needed} ${range}, which it needs`,
      )
    }
  }
}

const split = (item: string): [string, string] => [
  item.slice(0, item.lastIndexOf('@')),
  item.slice(item.lastIndexOf('@') + 1),
]

interface Consumers {
  readonly npm: Consumer
  readonly pnpm: Consumer
}

const program = `
import { compile, reference } from '${tensor}'
import { lif } from '${neuron}'
const double = compile((x) => x.mul(2), { backend: reference() })
const { data } = await double({ data: new Float32Array([1, 2]), shape: [2] })
console.log(JSON.stringify([...data]), typeof lif)
`

async function consume(folder: string, registry: Registry, version: string): Promise<Consumers> {
  const wanted = { [neuron]: `^${version}`, [tensor]: `^${version}` }
  const make = (manager: 'npm' | 'pnpm'): Promise<Consumer> =>
    createConsumer(join(folder, manager), { manager, dependencies: wanted, npmrc: registry.npmrc, program })
  const consumers = { npm: await make('npm'), pnpm: await make('pnpm') }
  for (const consumer of Object.values(consumers)) await works(consumer, version)
  const ours = [neuron, tensor, `${scope}/surrogate`].sort()
  assert.deepEqual(consumers.npm.installed(), ours, `${neuron} brings three packages`)
  await theConverterIsSmall(folder, registry, version)
  for (const name of oldConsumers) {
    const directory = join(folder, `consumer-${name}`)
    await installConsumer(name, directory, { specifier: () => `^${version}`, npmrc: registry.npmrc })
    await checkConsumer(directory)
  }
  return consumers
}

/** The program runs, and every package of ours that it gets is there once, in this version. */
async function works(consumer: Consumer, version: string): Promise<void> {
  assert.equal(await consumer.run(), '[2,4] function\n')
  assert.equal(consumer.versionOf(neuron), version)
}

async function theConverterIsSmall(folder: string, registry: Registry, version: string): Promise<void> {
  const began = performance.now()
  const consumer = await createConsumer(join(folder, 'converter'), {
    manager: 'npm',
    dependencies: { [`${scope}/ann2snn`]: `^${version}`, [`${scope}/backend-cpu`]: `^${version}` },
    npmrc: registry.npmrc,
    program: `import '${scope}/ann2snn'\nimport '${scope}/backend-cpu'`,
  })
  const took = (performance.now() - began) / 1000
  await consumer.run()
  const bytes = consumer.bytesOfOurs()
  console.log(
    `     ${scope}/ann2snn with the CPU backend: ${took.toFixed(1)} s to install (with onnxruntime-node), own packages ${(bytes / 1e6).toFixed(2)} MB`,
  )
  assert.ok(bytes < 2e6, `own packages of the converter take ${bytes} bytes, at most 2 MB`)
}

async function patch(copy: Copy, registry: Registry, consumers: Consumers, before: string): Promise<string> {
  copy.change({ [neuron]: 'patch' }, 'A fix.')
  await copy.version()
  const { version } = copy.published().find(({ name }) => name === neuron)!.manifest
  assert.equal(
    version,
    before.replace(/\d+$/, (digits) => String(Number(digits) + 1)),
  )
  const count = registry.published.length
  await copy.publish(await copy.pack())
  assert.deepEqual(registry.published.slice(count), [`${neuron}@${version}`], 'a patch publishes its package alone')
  for (const consumer of Object.values(consumers)) {
    await consumer.update()
    await works(consumer, version)
  }
  return version
}

async function prerelease(copy: Copy, registry: Registry, consumers: Consumers, stable: string): Promise<void> {
  await copy.run('changeset', 'pre', 'enter', 'next')
  // what `^` does not take
  copy.change({ [tensor]: stable.startsWith('0.') ? 'minor' : 'major' }, 'Something new.')
  await copy.version()
  await copy.publish(await copy.pack())
  const tags = (await registry.read(neuron))!['dist-tags']
  assert.equal(tags['latest'], stable)
  assert.match(tags['next'] ?? '', /-next\.0$/)
  for (const consumer of Object.values(consumers)) {
    await consumer.update()
    await works(consumer, stable)
    await consumer.install(`${neuron}@next`, `${tensor}@next`)
    await works(consumer, tags['next']!)
    assert.deepEqual(consumer.duplicates(), [], 'one version of each package beside a prerelease')
    await consumer.install(`${neuron}@latest`, `${tensor}@latest`)
    await works(consumer, stable)
    assert.deepEqual(consumer.duplicates(), [], 'one version of each package after going back')
  }
}

async function nextMinor(copy: Copy, registry: Registry, consumers: Consumers, stable: string): Promise<void> {
  await copy.run('changeset', 'pre', 'exit')
  await copy.version()
  await copy.publish(await copy.pack())
  const { 'dist-tags': tags } = (await registry.read(neuron))!
  assert.doesNotMatch(tags['latest']!, /-/)
  assert.notEqual(tags['latest'], stable)
  for (const consumer of Object.values(consumers)) {
    await consumer.update()
    await works(consumer, stable)
    await consumer.install(`${neuron}@latest`, `${tensor}@latest`)
    await works(consumer, tags['latest']!)
  }
}

const folder = mkdtempSync(join(tmpdir(), 'rehearsal-'))
const began = performance.now()
try {
  await rehearse(folder)
  console.log(`The release is rehearsed: ${((performance.now() - began) / 1000).toFixed(0)} s.`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
