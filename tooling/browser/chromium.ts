import { spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/**
 * The path of an installed Chromium or Chrome (`CHROME_PATH`, else by the usual names), or undefined, said loudly,
 * where there is none.
 */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const usual = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  )
  const found = [process.env['CHROME_PATH'], ...usual].find((path) => path !== undefined && isProgram(path))
  if (!found) console.warn('SKIPPED: no Chromium; install one or set CHROME_PATH to it')
  return found
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A browser with a page. */
export interface Page {
  /** Resolves when the browser has ended, by itself or closed. */
  readonly ended: Promise<string>
  close(): Promise<void>
}

/** Opens a page without a window. */
export function openPage(chromium: string, url: string): Page {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'))
  // Chromium refuses to run as root with its sandbox; /dev/shm of containers is small.
  const args = [
    '--headless',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    url,
  ]
  // Of a group of its own, since what is installed may be a script that starts the browser.
  const browser = spawn(chromium, args, { stdio: 'ignore', detached: true })
  const ended = new Promise<string>((resolve) =>
    browser.on('exit', (code, signal) => resolve(`${chromium} ended with ${code ?? signal}`)),
  )
  return {
    ended,
    async close() {
      if (browser.exitCode === null) process.kill(-browser.pid!)
      await ended
      rmSync(profile, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}
