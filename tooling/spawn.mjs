// How a program is started on every system. On Windows npm, npx and what node_modules/.bin holds are scripts of the command
// processor, which Node starts through that alone, and it takes one line of text in place of a list.

/** @typedef {{ command: string, args: string[], shell: boolean }} Started */

/**
 * What to give to `spawn` for a program that is found on the PATH.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} platform
 * @returns {Started}
 */
export function startOf(command, args, platform = process.platform) {
  const isScript = platform === 'win32' && !/\.exe$/i.test(command)
  return isScript
    ? { command: quote(command), args: args.map(quote), shell: true }
    : { command, args: [...args], shell: false }
}

/**
 * An argument as the command processor hands it on whole: within quotes only quotes themselves and the backslashes
 * before them have a meaning, and what follows a percent sign is no variable where a caret stands between.
 *
 * @param {string} text
 */
function quote(text) {
  const inside = text
    .replace(/(\\*)"/g, '$1$1\\"')
    .replace(/(\\+)$/, '$1$1')
    .replace(/%/g, '"^%"')
  return /^[\w@./:\\=-]+$/.test(text) ? text : `"${inside}"`
}
