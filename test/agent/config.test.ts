import assert from 'node:assert/strict'
import test from 'node:test'
import { parseAgentConfig } from '../../agent/config.ts'
import { formatProblem } from '../../shared/error.ts'

const VALID = `id: agent-1
cluster: local
slots: 2
dispatcher:
  url: http://127.0.0.1:8080
  issuer: local
  keys:
    - { kid: k1, jwk: { kty: OKP, crv: Ed25519, x: abc } }
  keyFile: agent.jwk
backend:
  kind: processes
  root: work
`

function problems(text: string): string[] {
  const parsed = parseAgentConfig('longshore.yaml', text)
  return parsed.ok ? [] : parsed.problems.map(formatProblem)
}

test('a complete file is read, and what it leaves out has its default', () => {
  const parsed = parseAgentConfig('longshore.yaml', VALID)
  assert.ok(parsed.ok)
  assert.equal(parsed.value.slots, 2)
  assert.equal(parsed.value.heartbeatMs, 5_000)
  assert.deepEqual(parsed.value.secrets, { kind: 'none' })
  assert.deepEqual(parsed.value.backend, { kind: 'processes', root: 'work', acceptRemoteTriggers: false })
})

test('every mistake is named at once, with line and column and what it is about', () => {
  const found = problems(
    VALID.replace('slots: 2', 'slots: many').replace('  issuer: local\n', '').replace('id: agent-1', 'id: Agent 1'),
  )
  assert.equal(found.length, 3)
  assert.match(found[0] ?? '', /^longshore\.yaml:1:1: invalid configuration: id: must be lower-case/)
  assert.match(found[1] ?? '', /^longshore\.yaml:3:1: invalid configuration: slots: /)
  assert.match(found[2] ?? '', /^longshore\.yaml:4:1: invalid configuration: dispatcher\.issuer: is missing/)
})

test('an unknown key is refused with the near one', () => {
  assert.deepEqual(problems(VALID.replace('slots', 'slot')), [
    'longshore.yaml:3:1: invalid configuration: slot: there is no such key (Did you mean slots?)',
  ])
  assert.deepEqual(problems(`${VALID}  zzzzzzzzzz: 1\n`), [
    'longshore.yaml:13:3: invalid configuration: backend.zzzzzzzzzz: there is no such key (Remove it.)',
  ])
})

test('an unknown backend is named at its kind', () => {
  const [found] = problems(VALID.replace('processes', 'docker'))
  assert.match(found ?? '', /^longshore\.yaml:11:3: invalid configuration: backend\.kind: /)
})

test('what is not YAML is named with its place', () => {
  const [found] = problems('id: [a\ncluster: b\n')
  assert.match(found ?? '', /^longshore\.yaml:\d+:\d+: invalid configuration: /)
})

test('a value is never repeated in a message, for it may be a secret', () => {
  const found = problems(
    VALID.replace('http://127.0.0.1:8080', 'hunter2-token').replace('slots: 2', 'slots: hunter2-token'),
  )
  assert.equal(found.length, 2)
  assert.ok(found.every((line) => !line.includes('hunter2')))
})

test('a file that is too large is refused unread', () => {
  assert.match(problems(`#${'x'.repeat(1_048_576)}`)[0] ?? '', /more than 1048576 bytes/)
})
