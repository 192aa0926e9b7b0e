import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Expected, generateKeyPair, sign, verify } from '../../shared/sign.ts'

const [ours, theirs] = await Promise.all([generateKeyPair(), generateKeyPair()])
const CLAIMS = { iss: 'longshore', aud: 'eu', exp: 100, run: 7 }
const EXPECTED: Expected = { type: 'longshore-job+jwt', nowMs: 99_999, audience: 'eu', issuer: 'longshore' }
const token = await sign(CLAIMS, ours.signing, 'longshore-job+jwt')
const [head = '', body = '', mark = ''] = token.split('.')

async function reason(given: string, expected: Expected = EXPECTED, keys = [ours.verify]): Promise<string> {
  const verified = await verify(given, keys, expected)
  return verified.ok ? 'ok' : verified.reason
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

test('what was signed is verified and answered as it was', async () => {
  assert.deepEqual(await verify(token, [theirs.verify, ours.verify], EXPECTED), {
    ok: true,
    kid: ours.verify.kid,
    claims: CLAIMS,
  })
})

test('a key that is not known is not a forgery', async () => {
  assert.equal(await reason(token, EXPECTED, [theirs.verify]), 'unknown-key')
  assert.equal(await reason(token, EXPECTED, []), 'unknown-key')
})

test('another key under a known name, or other claims under a good signature, are forged', async () => {
  const impostor = await sign(CLAIMS, { kid: ours.signing.kid, jwk: theirs.signing.jwk }, 'longshore-job+jwt')
  assert.equal(await reason(impostor), 'forged')
  assert.equal(await reason(`${head}.${encoded({ ...CLAIMS, run: 8 })}.${mark}`), 'forged')
})

test('a token for one use never passes for another', async () => {
  const agents = await sign(CLAIMS, ours.signing, 'longshore-agent+jwt')
  assert.equal(await reason(agents), 'wrong-type')
  assert.equal(await reason(token, { ...EXPECTED, type: 'longshore-try+jwt' }), 'wrong-type')
})

test('a changed header is forged even where it names the right use', async () => {
  const agents = await sign(CLAIMS, ours.signing, 'longshore-agent+jwt')
  const [, , agentsMark = ''] = agents.split('.')
  assert.equal(await reason(`${head}.${body}.${agentsMark}`), 'forged')
})

test('a token ends at its second, for another audience or issuer it is none', async () => {
  assert.equal(await reason(token, { ...EXPECTED, nowMs: 100_000 }), 'expired')
  assert.equal(await reason(token, { ...EXPECTED, audience: 'us' }), 'wrong-audience')
  assert.equal(await reason(token, { ...EXPECTED, issuer: 'other' }), 'wrong-issuer')
})

test('a token without an end is malformed', async () => {
  assert.equal(await reason(await sign({ run: 7 }, ours.signing, 'longshore-job+jwt')), 'malformed')
})

test('no algorithm but the one is accepted', async () => {
  for (const alg of ['none', 'HS256', 'ES256', undefined]) {
    const header = encoded({ alg, kid: ours.verify.kid, typ: 'longshore-job+jwt' })
    assert.equal(await reason(`${header}.${body}.${mark}`), 'malformed')
  }
})

test('what is no token at all is malformed, whatever it is', async () => {
  for (const text of [
    '',
    '.',
    '..',
    'x',
    `${head}.${body}`,
    `${head}.${body}.`,
    `${head}..${mark}`,
    `${token}.x`,
    'é.é.é',
  ]) {
    assert.match(await reason(text), /^(malformed|forged)$/, text)
  }
})

test('a message as large as a workflow file and its event is verified', async () => {
  const large = await sign({ ...CLAIMS, text: 'x'.repeat(8_000_000) }, ours.signing, 'longshore-job+jwt')
  assert.equal(await reason(large), 'ok')
})

test('every single changed character spoils a token', async () => {
  for (let at = 0; at < token.length; at += 7) {
    const changed = token.charAt(at) === 'Z' ? 'Y' : 'Z'
    const verified = await verify(`${token.slice(0, at)}${changed}${token.slice(at + 1)}`, [ours.verify], EXPECTED)
    assert.equal(verified.ok, false, `character ${at}`)
  }
})

test('the public half holds nothing of the private one', () => {
  assert.equal(JSON.stringify(ours.verify).includes(ours.signing.jwk.d), false)
  assert.equal(ours.verify.kid, ours.signing.kid)
})
