/** Expressions and their values, rule by rule. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { evaluate } from '../../shared/expression.ts'
import type { Value } from '../../shared/template.ts'
import { expression, scope } from './scope.ts'

function valueIs(expr: string): Value {
  const result = evaluate(expression(expr), scope)
  assert.ok(result.ok, result.ok ? '' : result.message)
  return result.value
}

/** Expression and value, by rule. */
const TABLE: { readonly [rule: string]: readonly (readonly [expr: string, value: Value])[] } = {
  literals: [
    ['null', null],
    ['true', true],
    ['false', false],
    ['711', 711],
    ['-9.2', -9.2],
    ['.5', 0.5],
    ['0xff', 255],
    ['0o17', 15],
    ['-2.99e-2', -0.0299],
    ['Infinity', Number.POSITIVE_INFINITY],
    ["'text'", 'text'],
    ["'it''s ''quoted'' twice'", "it's 'quoted' twice"],
    ["''", ''],
    ["''''", "'"],
  ],
  'contexts, without regard to case but for env': [
    ['github.ref', 'refs/heads/main'],
    ['GitHub.REF', 'refs/heads/main'],
    ["github['ref']", 'refs/heads/main'],
    ["GITHUB['Event'].Number", 1234567],
    ['env.PATH', 'upper'],
    ['env.path', 'lower'],
    ['ENV.path', 'lower'],
    ['env.Path', null],
    ['env.with-dash', 'dash'],
    ['steps.build.outputs.the-version', '1.2'],
    ['steps.BUILD.Outputs.The-Version', '1.2'],
    ['steps.constructor.outcome', 'kept'],
  ],
  'what is missing is null': [
    ['github.nothing', null],
    ['github.nothing.at.all', null],
    ['inputs.anything', null],
    ['matrix.list[9]', null],
    ['matrix.list[-1]', null],
    ["matrix.list['x']", null],
    ['github.ref.length', null],
    ['steps.toString', null],
    ['steps.__proto__', null],
    ['env.constructor', null],
  ],
  indexes: [
    ['matrix.list[0]', 1],
    ["matrix.list['1']", 'two'],
    ['matrix.list[1.9]', 'two'],
    ['matrix.list[3][0]', 3],
    ["github.event.commits[0]['author'].name", 'Ada'],
  ],
  filters: [
    ['github.event.commits.*.id', ['a', 'b']],
    ['github.event.commits[*].author.name', ['Ada', 'Bob']],
    ['github.event.labels.*.name', ['x', 'y']],
    ['github.event.commits.*.author.*', ['Ada', 'Bob']],
    ['github.ref.*', []],
    ["join(github.event.labels.*.name, '-')", 'x-y'],
  ],
  operators: [
    ['!true', false],
    ["!''", true],
    ['!!github', true],
    ['1 < 2', true],
    ['2 <= 2', true],
    ['2 > 10', false],
    ["'b' > 'A'", true],
    ['1 == 1 && 2 != 3', true],
    ['(1 == 2) || (3 == 3)', true],
    ['!(1 == 2)', true],
    ['true || false && false', true],
    ["'a' || 'b'", 'a'],
    ["'' || 'b'", 'b'],
    ["'a' && 'b'", 'b'],
    ["0 && 'b'", 0],
    ['false || null', null],
    ["true || fromJSON('')", true],
    ["false && fromJSON('')", false],
  ],
  'equality across kinds, by number': [
    ["'Main' == 'mAIN'", true],
    ['null == 0', true],
    ["null == ''", true],
    ["'' == 0", true],
    ['true == 1', true],
    ["'1' == 1", true],
    ["' 1 ' == 1", true],
    ["'0x10' == 16", true],
    ["'abc' == 0", false],
    ["true == 'true'", false],
    ['NaN == NaN', false],
    ["'a' < 1", false],
    ['github.event == github.event', true],
    ['github.event == github.event.commits', false],
    ["fromJSON('[1]') == fromJSON('[1]')", false],
  ],
  contains: [
    ["contains('Hello', 'hELL')", true],
    ["contains('Hello', 'x')", false],
    ["contains(matrix.list, 'TWO')", true],
    ["contains(matrix.list, '1')", true],
    ['contains(matrix.empty, null)', false],
    ["contains(github.event.commits.*.id, 'b')", true],
    ["contains(github.event, 'commits')", false],
    ["contains(123, '2')", true],
    ["contains(null, '')", true],
  ],
  'startsWith and endsWith': [
    ["startsWith(github.ref, 'REFS/heads')", true],
    ["startsWith('a', 'ab')", false],
    ["endsWith(github.ref, '/Main')", true],
    ['startsWith(123, 12)', true],
    ["startsWith(matrix.list, '1')", false],
  ],
  format: [
    ["format('{0} {1} {0}', 'a', 'b')", 'a b a'],
    ["format('{{{0}}} {{}}', 1)", '{1} {}'],
    ["format('none')", 'none'],
    ["format('{0}{1}{2}{3}', null, true, matrix, matrix.list)", 'trueObjectArray'],
    ["format('{0}', '{1}')", '{1}'],
    ["format('{0} ''a'' ''b''', 1)", "1 'a' 'b'"],
  ],
  join: [
    ["join(matrix.list, ', ')", '1, two, , Array'],
    ['join(matrix.list)', '1,two,,Array'],
    ["join('text', '-')", 'text'],
    ['join(github)', ''],
    ['join(matrix.empty)', ''],
  ],
  toJSON: [
    ["toJSON('a\"b')", '"a\\"b"'],
    ['toJSON(null)', 'null'],
    ['toJSON(matrix.empty)', '[]'],
    ['toJSON(github.event.labels)', '{\n  "one": {\n    "name": "x"\n  },\n  "two": {\n    "name": "y"\n  }\n}'],
    ['toJSON(github.event.commits.*.id)', '[\n  "a",\n  "b"\n]'],
    ['TOJSON(1.50)', '1.5'],
  ],
  fromJSON: [
    ['fromJSON(\'[1, {"a": null}]\')', [1, { a: null }]],
    ["fromJSON('true') && 'yes'", 'yes'],
    ['fromJSON(toJSON(matrix)).node', 20],
    ['fromJSON(\'{"A": 1}\').a', 1],
    ['fromJSON(\'{"constructor": 1}\').constructor', 1],
    ['fromJSON(\' "x" \')', 'x'],
    ["fromJSON('123')", 123],
  ],
  'case, of which only the chosen value is evaluated': [
    ["case(false, 'a', true, 'b', 'c')", 'b'],
    ["case(false, 'a', 'c')", 'c'],
    ["case(true, 'a', fromJSON(''), 'b', 'c')", 'a'],
    ["CASE(matrix.os == 'linux', 1, 2)", 1],
  ],
  'functions of the run': [
    ['success()', true],
    ["success('a')", false],
    ["failure('a', 'b')", true],
    ['cancelled()', false],
    ['Always()', true],
    ["hashFiles('**/*.lock', '!x')", 'hash of **/*.lock !x'],
  ],
}

for (const [rule, rows] of Object.entries(TABLE)) {
  describe(rule, () => {
    for (const [expr, value] of rows) test(expr, () => assert.deepEqual(valueIs(expr), value))
  })
}
