import { spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { scope } from '../workspace.ts'

/** A registry on this machine that holds the packages of this workspace alone. */
export interface Registry {
  /** Its address, with a slash at its end. */
  readonly url: string
  /** Lines of an `.npmrc` that send packages of the workspace's scope here; all others come from where they always do. */
  readonly npmrc: string
  /** Packages that were published here, in their order, as `name@version`. */
  readonly published: readonly string[]
  /** Which publications fail from now on, by package name, as they do where a registry breaks down. Default: none. */
  refuse: (name: string) => boolean
  /** What the registry knows of a package; undefined for one that it does not have. */
  read(name: string): Promise<PackageDocument | undefined>
  close(): Promise<void>
}

/** A package as registries describe it, as far as the rehearsal looks. */
export interface PackageDocument {
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, PublishedVersion>>
}

export interface PublishedVersion {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly repository?: { readonly directory?: string }
  readonly dist: { readonly integrity: string; readonly unpackedSize?: number }
}

/** Whoever asks may read and write: the registry listens on this machine alone, for as long as a rehearsal lasts. */
const configuration = (folder: string): string =>
  JSON.stringify({
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: -1 } },
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$all', unpublish: '$all' } },
    log: { type: 'stdout', format: 'json', level: 'warn' },
    web: { enable: false },
    max_body_size: '64mb',
  })

/** Starts a registry that keeps its files in `folder`. */
export async function startRegistry(folder: string): Promise<Registry> {
  mkdirSync(folder, { recursive: true })
  const configured = join(folder, 'config.yaml')
  writeFileSync(configured, configuration(folder))
  const behind = await freePort()
  const verdaccio = join(dirname(createRequire(import.meta.url).resolve('verdaccio/package.json')), 'bin', 'verdaccio')
  const child = spawn(process.execPath, [verdaccio, '--config', configured, '--listen', `127.0.0.1:${behind}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => said.push(data.toString()))
  const published: string[] = []
  const registry = { refuse: (_name: string): boolean => false, published }
  const front = createServer((incoming, outgoing) => {
    const name = publishedName(incoming)
    if (name !== undefined && registry.refuse(name)) {
      incoming.resume().on('end', () => outgoing.writeHead(403).end('{"error":"the registry breaks down here"}'))
    } else forward(incoming, outgoing, behind, (version) => name && published.push(`${name}@${version}`))
  })
  const url = `http://127.0.0.1:${await listen(front)}/`
  const close = async (): Promise<void> => {
    front.closeAllConnections()
    front.close()
    if (child.exitCode === null && child.kill()) await new Promise((resolve) => child.once('close', resolve))
  }
  try {
    await untilItAnswers(url, () => child.exitCode !== null)
  } catch {
    await close()
    throw new Error(`the registry did not start:\n${said.join('')}`)
  }
  return Object.assign(registry, {
    url,
    npmrc: `${scope}:registry=${url}\n${url.replace('http:', '')}:_authToken=rehearsal\n`,
    async read(name: string): Promise<PackageDocument | undefined> {
      const answer = await fetch(url + name.replace('/', '%2f'))
      if (answer.status === 404) return undefined
      if (!answer.ok) throw new Error(`${name}: the registry answered ${answer.status}\n${said.join('')}`)
      return (await answer.json()) as PackageDocument
    },
    close,
  })
}

/** The package that a request publishes: npm sends all of it in one PUT on its name. */
function publishedName({ method, url = '' }: IncomingMessage): string | undefined {
  const name = decodeURIComponent(url.slice(1))
  return method === 'PUT' && name.startsWith(`${scope}/`) && name.split('/').length === 2 ? name : undefined
}

/** What npm's registry answers to a version that it has: tools know it by these words, and the one behind has others. */
const alreadyThere = 'You cannot publish over the previously published versions.'

/** Hands a request to the registry behind, and its answer back. `onStored` hears of a version that was taken. */
function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  port: number,
  onStored: (version: string) => void,
): void {
  const { method, url, headers } = incoming
  const sent: Buffer[] = []
  const onward = request({ port, host: '127.0.0.1', method, path: url, headers }, (answer) => {
    if (method === 'PUT' && answer.statusCode! < 300) {
      const { versions } = JSON.parse(Buffer.concat(sent).toString() || '{}') as { versions?: Record<string, unknown> }
      for (const version of Object.keys(versions ?? {})) onStored(version)
    }
    if (method === 'PUT' && answer.statusCode === 409) {
      answer.resume()
      outgoing.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ error: alreadyThere }))
      return
    }
    outgoing.writeHead(answer.statusCode!, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  if (method === 'PUT') incoming.on('data', (piece: Buffer) => sent.push(piece))
  incoming.pipe(onward)
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function untilItAnswers(url: string, hasEnded: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (hasEnded()) break
    const answer = await fetch(`${url}-/ping`).catch(() => undefined)
    if (answer?.ok) return
    await wait(100)
  }
  throw new Error('no answer')
}
