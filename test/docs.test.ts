/** What the documentation says in numbers and names is what the sources say. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import * as dispatcherLimits from '../functions/limit.ts'
import * as limits from '../shared/limit.ts'
import { longshore } from './cli/command.ts'

const root = join(import.meta.dirname, '..')

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

test('the table of limits has the values of the sources', () => {
  const rows = [...read('docs/configuration.md').matchAll(/^\| `([A-Z0-9_]+)` \| ([0-9_]+) \|/gm)]
  assert.ok(rows.length > 40)
  const known: ReadonlyMap<string, unknown> = new Map(Object.entries({ ...limits, ...dispatcherLimits }))
  for (const [, name = '', value = ''] of rows) assert.equal(Number(value.replaceAll('_', '')), known.get(name), name)
})

test('every flag of run stands in the documentation', async () => {
  const { stdout } = await longshore(['run', '--help'])
  const flags = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag)
  assert.ok(flags.length > 14)
  const documented = read('docs/configuration.md')
  assert.deepEqual(
    flags.filter((flag) => flag !== '--help' && !documented.includes(`\`${flag}`)),
    [],
  )
})

test('links between the documents lead somewhere', () => {
  for (const file of [
    'README.md',
    'docs/getting-started.md',
    'docs/configuration.md',
    'docs/decisions.md',
    'docs/semantics.md',
    'docs/interleavings.md',
  ]) {
    const targets = [...read(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, target = '']) => target)
    for (const target of targets) assert.ok(existsSync(join(root, dirname(file), target)), `${file}: ${target}`)
  }
})

test('every interleaving names tests that are there, or says that it is not closed yet', () => {
  const rows = [...read('docs/interleavings.md').matchAll(/^\| (\d+) \|.*\| ([^|]+) \|$/gm)]
  assert.deepEqual(
    rows.map(([, number]) => Number(number)),
    Array.from({ length: 30 }, (_, index) => index + 1),
  )
  for (const [, number, shown = ''] of rows) {
    const named = [...shown.matchAll(/`(test\/[^`]+)`: ([^·]+?)(?=$|\. | · )/g)]
    assert.ok(named.length > 0 || shown.startsWith('not yet'), number)
    assert.equal(named.length, shown.split('`test/').length - 1, number)
    for (const [, file = '', title = ''] of named) assert.ok(read(file).includes(title), `${number}: ${file}: ${title}`)
  }
})
