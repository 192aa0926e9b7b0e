// Bundles the sources into dist/. Run by `npm ci` (script `prepare`), so plain JavaScript: it must work before anything else does.
//
//   dist/main.js        the command: checks the Node version, then imports the rest
//   dist/longshore.js   the program; commands are chunks of their own, so that each loads only what it needs
//   dist/supervisor.js  runs inside a job's pod; `node:*` only
//   dist/*.sh           the scripts it runs on, beside it
import { chmod, copyFile, lstat, mkdir, readdir, rm, symlink, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const bin = join(root, 'node_modules', '.bin')

/** `require` for the CommonJS packages inside an ESM bundle: esbuild leaves their requires of `node:*` as they are. */
const requireForBundledCommonJs =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'esm',
  minify: true,
  legalComments: 'none',
}

async function bundle() {
  await build({
    ...common,
    entryPoints: ['cli/main.ts'],
    outfile: 'dist/main.js',
    // Old enough that a Node which is too old can still parse it and say so.
    target: 'node12.20',
    banner: { js: '#!/usr/bin/env node' },
  })
  await build({
    ...common,
    entryPoints: ['cli/longshore.ts'],
    outdir: 'dist',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    target: 'node22.19',
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: requireForBundledCommonJs },
  })
  await build({
    ...common,
    entryPoints: ['agent/supervisor/main.ts'],
    outfile: 'dist/supervisor.js',
    target: 'node22.19',
  })
}

async function copyScripts() {
  const folder = join(root, 'agent/supervisor')
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.sh')) continue
    await copyFile(join(folder, name), join(dist, name))
    await chmod(join(dist, name), 0o755)
  }
}

/** npm links no bin for the root package itself, so `npx longshore` in a clone needs this link. */
async function linkBin() {
  await mkdir(bin, { recursive: true })
  const link = join(bin, 'longshore')
  if (await lstat(link).catch(() => undefined)) await unlink(link)
  await symlink('../../dist/main.js', link)
}

await rm(dist, { recursive: true, force: true })
await bundle()
await copyScripts()
await chmod(join(dist, 'main.js'), 0o755)
await linkBin()
