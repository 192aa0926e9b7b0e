/** The dispatcher where there is no Node: bundled, and run with what a web-standard runtime has and nothing else. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { build } from 'esbuild'
import { triggeredSchema } from '../../shared/trigger.ts'
import { createWorld, TOKEN } from './world.ts'

/** What every web-standard runtime has. */
const web = {
  ...{ AbortController, AbortSignal, Headers, Request, Response, URL, URLSearchParams, atob, btoa, crypto },
  ...{ Blob, CompressionStream, DecompressionStream, ReadableStream, TextDecoder, TextEncoder, Uint8Array },
}

test('a run is triggered where there is no process, no Buffer and no node module', async () => {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, '../../functions/app.ts')],
    bundle: true,
    platform: 'browser',
    format: 'iife',
    globalName: 'dispatcher',
    write: false,
  })
  const text = bundled.outputFiles[0]?.text ?? ''
  const context = vm.createContext({ ...web })
  vm.runInContext(text, context)
  const { createDispatcher }: { createDispatcher: typeof import('../../functions/app.ts').createDispatcher } =
    context['dispatcher']
  const app = createDispatcher(createWorld().ports)
  const workflow = { file: 'ci.yml', text: 'on: push\njobs: { a: { runs-on: x, steps: [{ run: echo }] } }' }
  const headers = { authorization: `Bearer ${TOKEN}` }
  const answer = await app.request('/v1/runs', { method: 'POST', headers, body: JSON.stringify({ workflow }) })
  assert.equal(answer.status, 202, await answer.clone().text())
  const { run } = triggeredSchema.parse(await answer.json())
  assert.equal((await app.request(`/v1/runs/${run}`, { headers })).status, 200)
})
