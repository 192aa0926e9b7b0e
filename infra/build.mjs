// Bundles the sources. Run by `npm ci` (script `prepare`), so plain JavaScript: it must work before anything else does.
// Usage: node infra/build.mjs [FOLDER]; without one, into dist/, and `npx longshore` is linked to it.
//
//   main.js        the command: checks the Node version, then imports the rest
//   longshore.js   the program; commands are chunks of their own, so that each loads only what it needs
//   supervisor.js  runs inside a job's pod; `node:*` only
//   *.sh           the scripts it runs on, beside it
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm, symlink, unlink } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')

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

async function bundle(folder) {
  await build({
    ...common,
    entryPoints: ['cli/main.ts'],
    outfile: join(folder, 'main.js'),
    // Old enough that a Node which is too old can still parse it and say so.
    target: 'node12.20',
    banner: { js: '#!/usr/bin/env node' },
  })
  await build({
    ...common,
    entryPoints: ['cli/longshore.ts'],
    outdir: folder,
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    target: 'node22.19',
    banner: { js: requireForBundledCommonJs },
  })
  await build({
    ...common,
    entryPoints: ['agent/supervisor/main.ts'],
    outfile: join(folder, 'supervisor.js'),
    target: 'node22.19',
  })
  await chmod(join(folder, 'main.js'), 0o755)
}

async function copyScripts(folder) {
  const from = join(root, 'agent/supervisor')
  for (const name of await readdir(from)) {
    if (!name.endsWith('.sh')) continue
    await copyFile(join(from, name), join(folder, name))
    await chmod(join(folder, name), 0o755)
  }
}

/**
 * `npx longshore` in a clone: npm links no bin for the root package itself, and with a `bin` in package.json npx would install the whole package into
 * its cache first. So package.json has none, and the link is made here.
 */
async function linkBin() {
  const bin = join(root, 'node_modules', '.bin')
  await mkdir(bin, { recursive: true })
  const link = join(bin, 'longshore')
  if (await lstat(link).catch(() => undefined)) await unlink(link)
  await symlink('../../dist/main.js', link)
}

// Built aside and put in place at once: a command that starts meanwhile finds the whole of the old one or of the new one.
const target = process.argv[2] === undefined ? dist : resolve(process.argv[2])
const aside = `${target}.${process.pid}`
await bundle(aside)
await copyScripts(aside)
await rm(target, { recursive: true, force: true })
await rename(aside, target)
if (target === dist) await linkBin()
