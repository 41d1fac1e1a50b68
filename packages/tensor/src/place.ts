/**
 * Where the packages lie when they are not installed: the folder `packages/` of their workspace; undefined elsewhere,
 * as in a bundle.
 */
const workspace = /^(file:\/\/\/.*\/packages\/)tensor\/(?:src|dist)\/[^/]+$/
  .exec(import.meta.url)
  ?.slice(1)
  .map(pathOf)[0]

function isOwn(frame: string): boolean {
  const path = frame.replaceAll('\\', '/')
  if (/\/@snn\/[^/]+\/(?:src|dist)\//.test(path)) return true
  return (
    workspace !== undefined &&
    path.startsWith(workspace) &&
    /^[^/]+\/(?:src|dist)\//.test(path.slice(workspace.length)) &&
    !/\.test\.[cm]?[jt]s/.test(path)
  )
}

const location = String.raw`((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\).*:\d+:\d+)`
const lines = [new RegExp(String.raw`^\s*at (?:[^(]*? \()?${location}\)?$`), new RegExp(`^[^/]*@${location}$`)]

/** The frame as a path where it is one, and as it is elsewhere. On Windows the drive of a path stands behind a slash. */
function pathOf(frame: string): string {
  if (!frame.startsWith('file://')) return frame
  const path = frame.slice('file://'.length).replace(/^\/(?=[A-Za-z]:)/, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/**
 * The line of a stack trace that is the user's, as `file:line:column`: the first outside of our packages and of other
 * installed ones, which may stand between; else the first outside of ours.
 */
export function placeOf(stack: string): string {
  const frames = stack
    .split('\n')
    .flatMap((line) => lines.map((pattern) => pattern.exec(line)?.[1]).find((frame) => frame !== undefined) ?? [])
  const foreign = frames.map(pathOf).filter((frame) => !isOwn(frame))
  return (
    foreign.find((frame) => !/[/\\]node_modules[/\\]/.test(frame)) ??
    foreign[0] ??
    frames.map(pathOf).at(-1) ??
    'unknown place'
  )
}
