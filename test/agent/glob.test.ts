import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchFile, mayContain, parseGlob, searchPaths } from '../../agent/supervisor/glob.ts'

const parse = (...patterns: string[]) =>
  patterns.map((pattern) => parseGlob(pattern, '/w')).filter((glob) => glob !== undefined)

const matches = (patterns: string[], path: string): boolean => matchFile(parse(...patterns), path)

/** Pattern, path, whether it matches. Source: actions/toolkit packages/glob and its tests. */
const TABLE: readonly (readonly [string, string, boolean])[] = [
  ['**/package-lock.json', '/w/package-lock.json', true],
  ['**/package-lock.json', '/w/a/b/package-lock.json', true],
  ['**/package-lock.json', '/other/package-lock.json', false],
  ['*.go', '/w/main.go', true],
  ['*.go', '/w/a/main.go', false],
  ['*', '/w/.hidden', true],
  ['*', '/w/folder/deep/file', true],
  ['folder', '/w/folder/deep/file', true],
  ['folder/', '/w/folder/deep/file', true],
  ['folder/', '/w/folder', false],
  ['folder/**', '/w/folder/deep/file', true],
  ['a/**/z', '/w/a/z', true],
  ['a/**/z', '/w/a/b/c/z', true],
  ['a/**/z', '/w/a/b/c/y', false],
  ['file?', '/w/file1', true],
  ['file?', '/w/file', false],
  ['file[0-9a]', '/w/file7', true],
  ['file[!0-9]', '/w/file7', false],
  ['file[!0-9]', '/w/filex', true],
  ['*.{js,ts}', '/w/a.ts', false],
  ['*.{js,ts}', '/w/a.{js,ts}', true],
  ['+(a|b)', '/w/a', false],
  ['./file', '/w/file', true],
  ['/w/file', '/w/file', true],
  ['a.c', '/w/abc', false],
  ['\\*', '/w/*', true],
  ['\\*', '/w/x', false],
  ['FILE', '/w/file', false],
]

for (const [pattern, path, expected] of TABLE) {
  test(`${pattern} ${expected ? 'means' : 'does not mean'} ${path}`, () => {
    assert.equal(matches([pattern], path), expected)
  })
}

test('the last pattern that matches decides, and an exclusion alone means nothing', () => {
  assert.equal(matches(['**', '!**/*.log'], '/w/a.log'), false)
  assert.equal(matches(['**', '!**/*.log', 'keep.log'], '/w/keep.log'), true)
  assert.equal(matches(['!**/*.log'], '/w/a.txt'), false)
  assert.equal(matches(['**', '!node_modules'], '/w/node_modules/a/b'), false)
})

test('comments and blank lines are no patterns, dots in the middle are refused', () => {
  assert.deepEqual(parse('', '  ', '# no'), [])
  assert.throws(() => parse('a/../b'), /Relative pathing/)
})

test('only folders that may hold a match are looked into, from the deepest known one', () => {
  assert.deepEqual(searchPaths(parse('a/b/*.c', 'a/**', 'x/y')), ['/w/a', '/w/x/y'])
  assert.equal(mayContain(parse('a/*/c'), '/w/a/anything'), true)
  assert.equal(mayContain(parse('a/*/c'), '/w/b'), false)
})

test('a workspace whose own path looks like a pattern is taken literally', () => {
  const [glob] = [parseGlob('*.txt', '/w[1]/*')]
  assert.ok(glob !== undefined)
  assert.equal(matchFile([glob], '/w[1]/*/a.txt'), true)
  assert.equal(matchFile([glob], '/w1/x/a.txt'), false)
})
