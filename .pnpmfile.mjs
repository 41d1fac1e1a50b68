/** Removes the export condition that leads to the sources: they are not part of a tarball. */
function withoutSources(exports) {
  return Object.fromEntries(
    Object.entries(exports).map(([path, target]) => {
      if (typeof target === 'string') return [path, target]
      return [path, Object.fromEntries(Object.entries(target).filter(([condition]) => !condition.endsWith('/source')))]
    }),
  )
}

export const hooks = {
  beforePacking: ({ scripts, devDependencies, ...manifest }) =>
    manifest.exports ? { ...manifest, exports: withoutSources(manifest.exports) } : manifest,
}
