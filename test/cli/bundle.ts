/** The command as users start it: bundled from the sources as they are now. */
import { execFileSync } from 'node:child_process'
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/**
 * Path of an up-to-date `main.js`: that of dist/ where no source is newer, as after `npm ci`; else one of its own for these very sources, so that test
 * files that run side by side and a command that somebody is using are not disturbed.
 */
export function bundledCommand(): string {
  const newestMs = Math.max(
    ...globSync('{shared,functions,agent,cli,infra}/**/*.{ts,mjs,sh}', { cwd: root }).map(changedMs),
  )
  if (changedMs('dist/main.js') >= newestMs) return join(root, 'dist/main.js')
  const folder = join('node_modules/.cache', `longshore-${newestMs}`)
  if (changedMs(join(folder, 'main.js')) === 0) {
    execFileSync(process.execPath, ['infra/build.mjs', folder], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return join(root, folder, 'main.js')
}

/** 0 where there is no such file. */
function changedMs(path: string): number {
  return Math.floor(statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0)
}
