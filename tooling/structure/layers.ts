/**
 * The layers of the workspace and where their imports may point, by package name without scope. A package may import
 * what its layer names and what those may import in turn; never its own layer, never upwards.
 */
interface Layer {
  readonly packages: readonly string[]
  readonly imports: readonly string[]
}

const libraries: readonly Layer[] = [
  { packages: ['deploy-lava'], imports: ['nir', 'equations', 'snn-file'] },
  { packages: ['nir'], imports: ['nn', 'neuron', 'equations', 'snn-file', 'hdf5'] },
  { packages: ['ann2snn'], imports: ['snn-file', 'onnx', 'nn', 'neuron'] },
  { packages: ['snn-file', 'equations'], imports: ['onnx', 'nn', 'neuron'] },
  { packages: ['models', 'train', 'learning', 'encoding', 'profile', 'viz'], imports: ['nn', 'neuron'] },
  { packages: ['nn', 'neuron'], imports: ['surrogate', 'tensor'] },
  { packages: ['surrogate'], imports: ['tensor'] },
  { packages: ['backend-cpu'], imports: ['schedule', 'onnx'] },
  { packages: ['backend-cuda'], imports: ['schedule'] },
  { packages: ['schedule'], imports: ['codegen'] },
  { packages: ['codegen', 'onnx'], imports: ['tensor'] },
  { packages: ['tensor'], imports: [] },
  { packages: ['datasets'], imports: ['hdf5', 'tensor'] },
  { packages: ['hdf5'], imports: ['tensor'] },
]

export const layers: readonly Layer[] = [
  { packages: ['cli', 'studio', 'docs', 'bench', 'examples'], imports: libraries.flatMap((layer) => layer.packages) },
  ...libraries,
]

/** Packages that have no run-time dependency but ours. */
export const withoutThirdParties: readonly string[] = ['tensor', 'surrogate', 'neuron', 'nn']

/** Packages that may import `node:*` everywhere; others only behind a subpath that is or ends in `node`. */
export const forNode: readonly string[] = ['cli', 'bench', 'examples', 'backend-cuda']

/**
 * The only values that a package may import from a package below it; everything else must be a type. Data sets know
 * tensors only as host values: besides the errors of all packages they share the arithmetic of shapes and host values
 * and the writing of files, never the graph.
 */
export const valuesAllowed: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  datasets: {
    tensor: [
      'SnnError',
      'isSnnError',
      'checkArray',
      'checkArrayLike',
      'checkBytes',
      'checkFunction',
      'checkMembers',
      'checkObject',
      'checkOptions',
      'checkString',
      'describeValue',
      'fileKind',
      'wrongArgument',
      'allocate',
      'bytesPerElement',
      'formatShape',
      'hostTensor',
      'sameShape',
      'sizeOf',
      'stridesOf',
      'appendToFile',
      'asOutputError',
      'makeFolder',
      'outputTarget',
      'replaceFile',
      'replaceFolder',
    ],
  },
}

/**
 * The one file of a package that imports what has no literal name: an optional native peer, by a name that bundlers
 * cannot see, for it need not be installed and cannot be bundled; or a module of the user.
 */
export const namelessImports: Readonly<Record<string, string>> = {
  'backend-cpu': 'src/library.ts',
  cli: 'src/explain/user-module.ts',
}

/**
 * The one file of a package whose methods call what is built on it. A tensor's methods make tensors: attaching them
 * from above would be work at import, which bundlers may leave out of a package without side effects. Without what this
 * file imports there is no circle.
 */
export const methodsInFile: Readonly<Record<string, string>> = { tensor: 'src/tensor.ts' }

/**
 * Functions of `node:fs` that write: what they write is written by `@snn/tensor/node`, which looks first at what stands
 * there.
 */
export const writers: readonly string[] = [
  ...['appendFile', 'copyFile', 'cp', 'link', 'mkdir', 'rename', 'symlink', 'truncate', 'writeFile'].flatMap((name) => [
    name,
    `${name}Sync`,
  ]),
  'createWriteStream',
]

/** Where they may be called; packages that are not published write as they like. */
export const mayWrite: readonly string[] = [
  'packages/tensor/src/node/',
  'packages/datasets/src/node/download/download-file.ts',
  'packages/datasets/src/node/download/part-file.ts',
]

/** The packages that `shortName` may import, or undefined when it stands in no layer. */
export function mayImport(shortName: string): ReadonlySet<string> | undefined {
  const layer = layers.find(({ packages }) => packages.includes(shortName))
  if (!layer) return undefined
  const reached = new Set<string>(layer.imports)
  for (const name of reached) for (const next of mayImport(name) ?? []) reached.add(next)
  return reached
}
