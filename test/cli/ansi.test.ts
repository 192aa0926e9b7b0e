import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cutTo, painter, safeLine, wantsColour, widthOf } from '../../cli/ansi.ts'

test('of untrusted text only text, tabs and colours reach the terminal', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.constantFrom(
        '\u001b',
        '[',
        ']',
        '0;',
        '31',
        'm',
        'H',
        '2J',
        '\u0007',
        '\u001b\\',
        '\u009b',
        '\u009d',
        '\r',
        '\b',
        '\t',
        'P',
        '?25l',
      ),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
  )
  fc.assert(
    fc.property(hostile, fc.boolean(), (parts, colour) => {
      const line = parts.join('').replaceAll('\n', '')
      const left = safeLine(line, colour).replace(/\u001b\[[0-9;:]*m/g, colour ? '' : 'COLOUR')
      assert.doesNotMatch(left, /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]|COLOUR/)
    }),
    { numRuns: 2_000 },
  )
})

test('titles, links, cursor moves and clipboard writes are taken out whole', () => {
  assert.equal(safeLine('a\u001b]0;title\u0007b', true), 'ab')
  assert.equal(safeLine('a\u001b]8;;https://x\u001b\\b\u001b]8;;\u001b\\c', true), 'abc')
  assert.equal(safeLine('a\u001b[2Jb\u001b[3;4Hc', true), 'abc')
  assert.equal(safeLine('a\u001b]52;c;ZXZpbA==\u0007', true), 'a')
})

test('a colour stays and ends with its line', () => {
  assert.equal(safeLine('\u001b[36;1mecho\u001b[0m', true), '\u001b[36;1mecho\u001b[0m\u001b[0m')
  assert.equal(safeLine('\u001b[36;1mecho\u001b[0m', false), 'echo')
})

test('of a progress bar the last state is shown', () => {
  assert.equal(safeLine('10%\r50%\r100%', false), '100%')
  assert.equal(safeLine('done\r', false), 'done')
})

test('a cut line is never wider than its columns', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, columns) => {
      assert.ok(widthOf(cutTo(safeLine(text.replaceAll('\n', ''), false), columns)) <= columns)
    }),
  )
})

test('wide characters take two columns, marks none', () => {
  assert.equal(widthOf('日本'), 4)
  assert.equal(widthOf('e\u0301'), 1)
  assert.equal(widthOf('🚢'), 2)
  assert.equal(widthOf(painter(true)('red', 'ab')), 2)
})

test('FORCE_COLOR beats NO_COLOR beats what the stream is', () => {
  assert.equal(wantsColour({}, true), true)
  assert.equal(wantsColour({}, false), false)
  assert.equal(wantsColour({ NO_COLOR: '1' }, true), false)
  assert.equal(wantsColour({ NO_COLOR: '1', FORCE_COLOR: '1' }, false), true)
  assert.equal(wantsColour({ FORCE_COLOR: '0' }, true), false)
  assert.equal(wantsColour({ TERM: 'dumb' }, true), false)
})
