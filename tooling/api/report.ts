import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type IConfigFile,
} from '@microsoft/api-extractor'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readPackages, root, type Entry, type Package } from '../workspace.ts'

/** The public interface of one entry of a package, as text that a change shows up in. */
export interface ApiReport {
  readonly pkg: Package
  /** `index`, or the subpath: `node`, `worker-node`. */
  readonly entry: string
  /** Where the report is kept. */
  readonly path: string
  readonly text: string
}

/** The folder of a package that holds its reports. */
export const folder = 'api'

/** The name of an entry in the name of its report. */
export const nameOfEntry = ({ subpath }: Pick<Entry, 'subpath'>): string =>
  subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-')

/** Reads the reports of all published packages from the declarations that they are built to. */
export function readReports(): ApiReport[] {
  const made = mkdtempSync(join(tmpdir(), 'api-'))
  try {
    return readPackages()
      .filter(({ manifest }) => !manifest.private)
      .flatMap((pkg) => reportsOf(pkg, made))
  } finally {
    rmSync(made, { recursive: true })
  }
}

/** The reports of one package. Files of the way there are written to `made`. */
function reportsOf(pkg: Package, made: string): ApiReport[] {
  const configured = pkg.entries
    .filter((entry) => exportsNames(join(pkg.directory, entry.conditions['types']!)))
    .map((entry) => ({ entry: nameOfEntry(entry), config: configuration(pkg, entry, made) }))
  if (configured.length === 0) return []
  // One compiler a package, not one for all: error codes that packages add to others would merge, which the extractor does not follow.
  const compilerState = CompilerState.create(configured[0]!.config, {
    additionalEntryPoints: configured.map(({ config }) => config.mainEntryPointFilePath),
  })
  return configured.map(({ entry, config }) => {
    Extractor.invoke(config, {
      compilerState,
      localBuild: true,
      messageCallback: (message) => {
        message.handled = message.logLevel !== ExtractorLogLevel.Error
      },
    })
    const text = inOrder(readFileSync(config.reportFilePath, 'utf8'))
    return { pkg, entry, path: join(pkg.directory, folder, `${entry}.api.md`), text }
  })
}

/**
 * Names of a union that a compiler has inferred (they stand in double quotes) in the order of the alphabet: its own order is
 * that in which it met them, which changes with code elsewhere.
 */
export const inOrder = (report: string): string =>
  report.replace(/"[^"\n]*"(?: \| "[^"\n]*")+/g, (names) => names.split(' | ').sort().join(' | '))

/** An entry that is started and not imported, such as the program of a worker, has no names. */
const exportsNames = (declarations: string): boolean => /^export\b/m.test(readFileSync(declarations, 'utf8'))

function configuration(pkg: Package, entry: Entry, made: string): ExtractorConfig {
  const fileName = `${pkg.shortName}-${nameOfEntry(entry)}`
  const reportFolder = join(made, 'reports')
  mkdirSync(reportFolder, { recursive: true })
  const silent = { default: { logLevel: ExtractorLogLevel.None } }
  const configObject: IConfigFile = {
    projectFolder: pkg.directory,
    mainEntryPointFilePath: join(pkg.directory, entry.conditions['types']!),
    compiler: { overrideTsconfig, skipLibCheck: true },
    apiReport: {
      enabled: true,
      reportFileName: `${fileName}.api.md`,
      reportFolder,
      reportTempFolder: join(made, 'temp'),
      includeForgottenExports: true,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    newlineKind: 'lf',
    messages: {
      compilerMessageReporting: silent,
      // names that are reached without being exported are part of the report, and are said to be so there
      extractorMessageReporting: { ...silent },
      tsdocMessageReporting: silent,
    },
  }
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: join(pkg.directory, 'api-extractor.json'),
    packageJsonFullPath: join(pkg.directory, 'package.json'),
    ignoreMissingEntryPoint: false,
  })
}

/** As a user's compiler reads the declarations, which are those of the published packages: no sources. */
const overrideTsconfig = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'],
    module: 'ESNext',
    moduleResolution: 'Bundler',
    strict: true,
    exactOptionalPropertyTypes: true,
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    skipLibCheck: true,
  },
  // the entry points are added to them
  files: [join(root, 'tooling', 'tsup.ts')],
}
