/**
 * The manifest as it is published: without what serves the workspace alone, such as the export condition of the
 * sources.
 */
function beforePacking({ scripts: _scripts, devDependencies: _devDependencies, ...manifest }) {
  for (const conditions of Object.values(manifest.exports ?? {})) {
    for (const condition of Object.keys(conditions)) if (condition.endsWith('/source')) delete conditions[condition]
  }
  return manifest
}

export const hooks = { beforePacking }
