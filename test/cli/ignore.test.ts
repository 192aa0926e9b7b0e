import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isIgnored, parseIgnore } from '../../cli/ignore.ts'

/** Pattern, path, whether the path is a folder, whether it is ignored. Source: gitignore(5); each row was asked of `git check-ignore` too. */
const ROWS: readonly (readonly [pattern: string, path: string, folder: boolean, ignored: boolean])[] = [
  ['*.log', 'a.log', false, true],
  ['*.log', 'deep/er/a.log', false, true],
  ['/*.log', 'deep/a.log', false, false],
  ['build/', 'build', true, true],
  ['build/', 'build', false, false],
  ['build/', 'deep/build', true, true],
  ['doc/*.txt', 'doc/a.txt', false, true],
  ['doc/*.txt', 'doc/deep/a.txt', false, false],
  ['doc/*.txt', 'x/doc/a.txt', false, false],
  ['**/foo', 'a/b/foo', false, true],
  ['a/**/b', 'a/b', false, true],
  ['a/**/b', 'a/x/y/b', false, true],
  ['abc/**', 'abc/d/e', false, true],
  ['a?c', 'abc', false, true],
  ['a?c', 'a/c', false, false],
  ['[ab].txt', 'b.txt', false, true],
  ['[!ab].txt', 'b.txt', false, false],
  ['[]x].txt', '].txt', false, true],
  ['\\#note', '#note', false, true],
  ['#note', '#note', false, false],
  ['\\!keep', '!keep', false, true],
  ['trailing ', 'trailing', false, true],
  ['trailing\\ ', 'trailing ', false, true],
  ['a.c', 'abc', false, false],
  ['a+(b)', 'a+(b)', false, true],
]

test('patterns ignore what git ignores', () => {
  for (const [pattern, path, folder, ignored] of ROWS) {
    const scopes = [{ folder: '', rules: parseIgnore(`${pattern}\n`) }]
    assert.equal(isIgnored(path, folder, scopes), ignored, `${pattern} on ${path}`)
  }
})

test('the last pattern that fits wins, and the nearest file first', () => {
  const top = { folder: '', rules: parseIgnore('*.log\n!keep.log\n') }
  const inner = { folder: 'sub', rules: parseIgnore('keep.log\n!a.log\n') }
  assert.equal(isIgnored('keep.log', false, [top]), false)
  assert.equal(isIgnored('sub/keep.log', false, [top, inner]), true)
  assert.equal(isIgnored('sub/a.log', false, [top, inner]), false)
})
