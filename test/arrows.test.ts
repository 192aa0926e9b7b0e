/** The shape of the tree: who may import whom, which file alone knows an SDK, how long a file may be. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const sources = globSync('{shared,functions,agent,cli,infra,test}/**/*.{ts,tsx,mjs}', { cwd: root }).sort()

interface Import {
  readonly from: string
  readonly to: string
}

/** Static and dynamic imports and re-exports; of files within the tree, relative to it. */
const imports: readonly Import[] = sources.flatMap((from) => {
  const code = readFileSync(join(root, from), 'utf8')
  const named = code.matchAll(/^(?:import|export)\s(?:[^'"`]*?\sfrom\s+)?['"]([^'"]+)['"]/gm)
  const dynamic = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [...named, ...dynamic].map(([, to = '']) => ({ from, to: to.startsWith('.') ? join(dirname(from), to) : to }))
})

/** What each folder may import of the others. */
const MAY_IMPORT: { readonly [folder: string]: readonly string[] } = {
  shared: ['shared'],
  functions: ['functions', 'shared'],
  agent: ['agent', 'shared'],
  cli: ['cli', 'agent', 'functions', 'shared', 'package.json'],
  infra: [],
  test: ['test', 'cli', 'agent', 'functions', 'shared', 'infra', 'package.json'],
}

test('folders import along the arrows only', () => {
  const against = imports
    .filter(({ to }) => !isPackage(to))
    .filter(({ from, to }) => !(MAY_IMPORT[folderOf(from)] ?? []).includes(folderOf(to)))
  assert.deepEqual(against, [])
})

test('the supervisor imports node:* and its own folder only', () => {
  const against = imports
    .filter(({ from }) => from.startsWith('agent/supervisor/'))
    .filter(({ to }) => !to.startsWith('node:') && !to.startsWith('agent/supervisor/'))
  assert.deepEqual(against, [])
})

test('shared/ has no I/O: it imports no node:* at all', () => {
  assert.deepEqual(
    imports.filter(({ from, to }) => folderOf(from) === 'shared' && to.startsWith('node:')),
    [],
  )
})

test('the dispatcher runs on the edge: node:* is imported by the entry for Node and the store in a folder only', () => {
  const against = imports
    .filter(({ from, to }) => folderOf(from) === 'functions' && to.startsWith('node:'))
    .filter(({ from }) => !['functions/entry/node.ts', 'functions/store/directory.ts'].includes(from))
  assert.deepEqual(against, [])
})

/** What a runtime gives without an import: the environment, the clock, randomness, and what Node alone has. */
const AMBIENT = /\b(process\.|Buffer\b|Date\.now|performance\.|Math\.random|setTimeout|setInterval)/

test('clock, randomness and environment are given to shared/ and functions/, never taken', () => {
  const adapters = ['functions/clock.ts', 'functions/entry/node.ts', 'functions/store/directory.ts']
  const against = sources
    .filter((file) => ['shared', 'functions'].includes(folderOf(file)) && !adapters.includes(file))
    .filter((file) => AMBIENT.test(readFileSync(join(root, file), 'utf8')))
  assert.deepEqual(against, [])
})

/** Each SDK and the files that may know it. Tests may use any, to look at what the adapter did. */
const ADAPTERS: readonly (readonly [sdk: RegExp, files: RegExp])[] = [
  [/^jose(\/|$)/, /^shared\/sign\.ts$/],
  [/^@actions\//, /^shared\/(parse|expression)(\/[^/]+)?\.ts$|^shared\/(parse|expression)\//],
  [/^@hono\/node-server(\/|$)/, /^functions\/entry\/node\.ts$/],
  [/^hono(\/|$)/, /^functions\//],
  [/^commander$/, /^cli\//],
  [/^yaml(\/|$)/, /^shared\/config\.ts$/],
  [/^esbuild$/, /^infra\//],
  [/^fast-check$/, /^test\//],
  [/^zod(\/|$)/, /^(shared|functions|agent|cli)\//],
]

test('each SDK is imported by its one adapter', () => {
  const outside = imports.filter(
    ({ from, to }) => isPackage(to) && !to.startsWith('node:') && folderOf(from) !== 'test',
  )
  const against = outside.filter(({ from, to }) => !ADAPTERS.some(([sdk, files]) => sdk.test(to) && files.test(from)))
  assert.deepEqual(against, [])
})

test('zod is imported as a namespace, which the bundle can shake', () => {
  const named = sources.filter((file) => /^import \{[^}]*\} from 'zod'/m.test(readFileSync(join(root, file), 'utf8')))
  assert.deepEqual(named, [])
})

test('no file is longer than 400 lines', () => {
  const long = sources.filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1 > 400)
  assert.deepEqual(long, [])
})

test('there are sources to look at, and imports in them', () => {
  assert.ok(sources.length > 30, `${sources.length} sources below ${relative(process.cwd(), root) || '.'}`)
  assert.ok(imports.length > 60)
})

function folderOf(path: string): string {
  return path.split('/')[0] ?? ''
}

function isPackage(to: string): boolean {
  return !MAY_IMPORT[folderOf(to)] && to !== 'package.json'
}
