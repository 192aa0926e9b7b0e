/** Against the cluster of $KUBECONFIG. Not part of `npm test`: run by `npm run test:cluster`. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { test } from 'node:test'
import { longshore } from '../cli/command.ts'

interface ApiServer {
  readonly url: URL
  readonly ca: Buffer
  readonly cert: Buffer
  readonly key: Buffer
}

/** The one cluster and user of a kubeconfig with embedded certificates. */
function apiServer(): ApiServer {
  const path = process.env['KUBECONFIG']
  assert.ok(path, 'KUBECONFIG names the cluster to test against')
  const text = readFileSync(path, 'utf8')
  const field = (name: string): string => {
    const value = new RegExp(`^\\s*(?:- )?"?${name}"?:\\s*"?([^"\\s,]+)"?`, 'm').exec(text)?.[1]
    assert.ok(value, `${path} has ${name}`)
    return value
  }
  const bytes = (name: string): Buffer => Buffer.from(field(name), 'base64')
  return {
    url: new URL(field('server')),
    ca: bytes('certificate-authority-data'),
    cert: bytes('client-certificate-data'),
    key: bytes('client-key-data'),
  }
}

function get(
  { url, ca, cert, key }: ApiServer,
  path: string,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, url), { ca, cert, key, timeout: 10_000 }, (answer) => {
      let body = ''
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }))
    })
    asking.on('error', reject)
    asking.on('timeout', () => asking.destroy(new Error('the API server does not answer')))
    asking.end()
  })
}

test('the API server answers, and its nodes can be listed', async () => {
  const server = apiServer()
  assert.equal((await get(server, '/readyz')).body, 'ok')
  const nodes = await get(server, '/api/v1/nodes')
  assert.equal(nodes.status, 200)
  assert.ok(JSON.parse(nodes.body).items.length > 0)
})

test('the backend kubernetes is refused, cluster or not, until it is there', async () => {
  const env = { KUBECONFIG: process.env['KUBECONFIG'] ?? '' }
  const { status, stderr } = await longshore(['run', 'examples/hello.yml', '--backend', 'kubernetes'], { env })
  assert.equal(status, 3)
  assert.match(stderr, /the backend kubernetes is not there yet/)
})
