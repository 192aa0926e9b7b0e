import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as z from 'zod'
import { ENDPOINTS } from '../../functions/endpoint.ts'
import { createWorld } from './world.ts'

const documentSchema = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: z.record(z.string(), z.unknown()) }))),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

const takenSchema = z.object({
  requestBody: z.object({ content: z.object({ 'application/json': z.object({ example: z.json() }) }) }),
})

async function openApi() {
  const { app } = createWorld()
  const text = await (await app.request('/openapi.json')).text()
  return { app, text, document: documentSchema.parse(JSON.parse(text)) }
}

test('the document has every route of the app and no other', async () => {
  const { app, document } = await openApi()
  const described = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  )
  const routed = app.routes.map(({ method, path }) => {
    return `${method.toLowerCase()} ${path.replaceAll(/:(\w+)(?:\{(?:[^{}]|\{[\d,]+\})*\})?/g, '{$1}')}`
  })
  assert.deepEqual(described.toSorted(), routed.toSorted())
})

test('every reference in the document leads to a schema', async () => {
  const { text, document } = await openApi()
  const references = [...text.matchAll(/"\$ref":"([^"]*)"/g)].map((match) => match[1] ?? '')
  assert.ok(references.length > 20)
  for (const reference of references) {
    const name = reference.replace('#/components/schemas/', '')
    assert.ok(name in document.components.schemas, reference)
  }
})

test('an example is what its address takes', async () => {
  const examples = ENDPOINTS.flatMap(({ takes }) => (takes !== undefined && 'example' in takes ? [takes] : []))
  assert.ok(examples.length > 1)
  for (const { name, of, example } of examples) assert.ok(of.safeParse(example).success, name)
})

test('the example of a trigger triggers a run', async () => {
  const { document } = await openApi()
  const body = takenSchema.parse(document.paths['/v1/runs']?.['post'])
  const { example } = body.requestBody.content['application/json']
  const answer = await createWorld().call('POST', '/v1/runs', { body: JSON.stringify(example) })
  assert.equal(answer.status, 202)
})
