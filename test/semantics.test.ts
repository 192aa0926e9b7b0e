/** docs/semantics.md says where each rule of the language is tested: held against the files, both ways. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { test } from 'node:test'

interface Row {
  readonly section: string
  readonly rule: string
  /** Scenarios by their bare names, others by their paths below `test/`; empty for a gap. */
  readonly places: readonly string[]
  readonly isGap: boolean
}

const rows = readRows(readFileSync(join(import.meta.dirname, '../docs/semantics.md'), 'utf8'))
const scenarios = globSync('scenarios/*.yml', { cwd: import.meta.dirname }).toSorted()

test('every rule has a test or is a gap, and not both', () => {
  assert.ok(rows.length > 150)
  for (const { section, rule, places, isGap } of rows) assert.notEqual(places.length > 0, isGap, `${section}: ${rule}`)
})

test('every test that is named is there', () => {
  const named = rows.flatMap(({ places }) => places)
  const paths = named.map((place) => (place.includes('/') ? place : `scenarios/${place}.yml`))
  assert.deepEqual(
    paths.filter((path) => !existsSync(join(import.meta.dirname, path))),
    [],
  )
})

test('a scenario and the table name the same rules', () => {
  for (const path of scenarios) {
    const name = basename(path, '.yml')
    const listed = rows.filter(({ places }) => places.includes(name)).map(({ section, rule }) => `${section}: ${rule}`)
    assert.deepEqual(rulesOf(readFileSync(join(import.meta.dirname, path), 'utf8')), listed, path)
    assert.notEqual(listed.length, 0, path)
  }
})

function readRows(text: string): Row[] {
  return text.split(/^## /m).flatMap((part) => {
    const section = /^\d+/.exec(part)?.[0]
    if (section === undefined) return []
    return [...part.matchAll(/^\| (.+) \| (.+) \|$/gm)].slice(1).map(([, rule = '', where = '']) => ({
      section,
      rule,
      places: [...where.matchAll(/`([^`]+)`/g)].map(([, place = '']) => place),
      isGap: where === '**gap**',
    }))
  })
}

/** `# rows: 1: defaults.run; 7: name` */
function rulesOf(scenario: string): string[] {
  return /^# rows: (.*)$/m.exec(scenario)?.[1]?.split('; ') ?? []
}
