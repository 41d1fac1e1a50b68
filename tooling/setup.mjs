// `node tooling/setup.mjs [command ...arguments]` installs what the lockfile names, unless that is done already, and
// then runs the command with the installed programs (among them the Node that the workspace pins). Needs Node 20 and
// npm alone.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startOf } from './spawn.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'node_modules', '.setup')
const bin = join(root, 'node_modules', '.bin')

/** Runs a program and gives its exit code. Its standard output is `stdout`, so that set-up stays out of a pipe. */
function run(command, args, stdout) {
  const started = startOf(command, args)
  const { status, signal, error } = spawnSync(started.command, started.args, {
    shell: started.shell,
    stdio: ['inherit', stdout, 'inherit'],
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}`, TURBO_TELEMETRY_DISABLED: '1' },
  })
  if (error) console.error(`[setup] ${command} did not start: ${error.message}`)
  return status ?? (signal ? 128 + constants.signals[signal] : 1)
}

function install() {
  const wanted = createHash('sha256')
  for (const file of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml'])
    wanted.update(readFileSync(join(root, file)))
  const hash = wanted.digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return 0
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  console.error(`[setup] installing the dependencies with ${packageManager} (once for each lockfile) ...`)
  const status = run('npx', ['--yes', packageManager, '--dir', root, 'install', '--frozen-lockfile'], process.stderr.fd)
  if (status === 0) writeFileSync(stamp, hash)
  else
    console.error(
      `[setup] the installation failed (exit code ${status}). It needs the npm registry; see the lines above.`,
    )
  return status
}

const [command, ...args] = process.argv.slice(2)
process.exitCode = install() || (command ? run(command, args, 'inherit') : 0)
