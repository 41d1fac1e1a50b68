const ownFrame = /[/\\](?:@snn|packages)[/\\][^/\\]+[/\\](?:src|dist)[/\\]/

/** The first frame of a stack trace that lies outside of our packages: `file:line:column`. */
export function placeOf(stack: string): string {
  const frames = stack
    .split('\n')
    .map((line) => /(?:\(|at |@)((?:file:\/\/|https?:\/\/|\/|[A-Za-z]:\\)[^()\s]+:\d+:\d+)\)?$/.exec(line)?.[1])
    .filter((frame) => frame !== undefined)
  const outside = frames.find((frame) => !ownFrame.test(frame) || /\.test\.[cm]?[jt]s/.test(frame))
  return (outside ?? frames.at(-1) ?? 'unknown place').replace(/^file:\/\//, '')
}
