import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isBlockedName, parseEnvFile, parsePathFile, summaryTooLarge } from '../../../agent/step/file-command.ts'

const pairsOf = (text: string): unknown => {
  const parsed = parseEnvFile(text)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.pairs
}

const mistakeIn = (text: string): unknown => {
  const parsed = parseEnvFile(text)
  assert.ok(!parsed.ok)
  return parsed.message
}

test('a line is a name and a value, split at the first equals sign', () => {
  assert.deepEqual(pairsOf('A=1\nB=x=y\nC=\n'), [
    ['A', '1'],
    ['B', 'x=y'],
    ['C', ''],
  ])
})

test('the last line needs no break', () => {
  assert.deepEqual(pairsOf('A=1'), [['A', '1']])
})

test('blank lines and an empty file say nothing', () => {
  assert.deepEqual([pairsOf('\n\nA=1\n\n'), pairsOf('')], [[['A', '1']], []])
})

test('a block keeps its inner breaks, and may be empty', () => {
  assert.deepEqual(pairsOf('A<<EOF\none\n\ntwo\nEOF\nB<<X\nX\nC=3'), [
    ['A', 'one\n\ntwo'],
    ['B', ''],
    ['C', '3'],
  ])
})

test('a block with one empty line has an empty value', () => {
  assert.deepEqual(pairsOf('A<<EOF\n\nEOF\n'), [['A', '']])
})

test('what comes first decides between a value and a block', () => {
  assert.deepEqual(pairsOf('A=b<<c\nB<<x=y\n1\nx=y\n'), [
    ['A', 'b<<c'],
    ['B', '1'],
  ])
})

test('the delimiter ends a block only as a whole line', () => {
  assert.deepEqual(pairsOf('A<<EOF\nEOF \n EOF\nEOFEOF\nEOF'), [['A', 'EOF \n EOF\nEOFEOF']])
})

test('a carriage return belongs to the value', () => {
  assert.deepEqual(pairsOf('A=1\r\n'), [['A', '1\r']])
})

test('a byte order mark is no part of the first name', () => {
  assert.deepEqual(pairsOf('\ufeffA=1\n'), [['A', '1']])
})

test('every mistake has the words of the official runner', () => {
  assert.deepEqual(['nothing', '<<EOF\nx\nEOF\n', 'A<<\nx\n', 'A<<EOF\nx\n', 'A<<EOF\nx', 'A<<EOF'].map(mistakeIn), [
    "Invalid format 'nothing'",
    "Invalid format '<<EOF'. Name must not be empty and delimiter must not be empty",
    "Invalid format 'A<<'. Name must not be empty and delimiter must not be empty",
    "Invalid value. Matching delimiter not found 'EOF'",
    'Invalid value. EOF marker missing new line.',
    "Invalid value. Matching delimiter not found 'EOF'",
  ])
})

test('what stands before a mistake counts', () => {
  const parsed = parseEnvFile('A=1\nnothing\nB=2\n')
  assert.deepEqual(parsed, { ok: false, pairs: [['A', '1']], message: "Invalid format 'nothing'" })
})

test('whatever is written as a block comes back as it was', () => {
  const value = fc.string({ unit: fc.constantFrom('a', '=', '<', '\n', '\r', ' ', 'é') })
  fc.assert(
    fc.property(value, (given) => {
      assert.deepEqual(pairsOf(`NAME<<ghadelimiter_1\n${given}\nghadelimiter_1\n`), [['NAME', given]])
    }),
  )
})

test('the path file has a folder a line', () => {
  assert.deepEqual(parsePathFile('/a/bin\n\n/b c\r\n/d'), ['/a/bin', '/b c', '/d'])
})

test('NODE_OPTIONS is blocked in any case', () => {
  assert.deepEqual(['NODE_OPTIONS', 'node_Options', 'NODE_OPTION'].map(isBlockedName), [true, true, false])
})

test('a summary that is too large names limit and size in KiB', () => {
  assert.match(summaryTooLarge(2_097_152), /supports content up to a size of 1024k, got 2048k/)
})
