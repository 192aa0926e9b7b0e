/** The dispatcher's OpenAPI 3.1 document, made of the schemas that its routes parse with. Source: OpenAPI Specification 3.1.1. */
import * as z from 'zod'
import { refusalSchema } from '../shared/protocol.ts'
import { type Content, ENDPOINTS, type Endpoint, type Named } from './endpoint.ts'
import { IDEMPOTENCY_KEY_MAX } from './limit.ts'

/** Version of the API, not of the program. */
const API_VERSION = '1'

const REFUSAL: Named = { name: 'Refusal', of: refusalSchema }

/** JSON; `url` is where this dispatcher is reached. */
export function openApi(url: string): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of ENDPOINTS)
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method]: operationOf(endpoint) }
  return {
    openapi: '3.1.0',
    info: { title: 'Longshore dispatcher', version: API_VERSION },
    servers: [{ url }],
    paths,
    components: { schemas: schemas(), securitySchemes: SECURITY },
  }
}

const SECURITY = {
  person: { type: 'http', scheme: 'bearer', description: 'A token of a person or of CI' },
  agent: { type: 'http', scheme: 'bearer', bearerFormat: 'JWS', description: "Signed by the agent's own key" },
  job: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWS',
    description: 'What a claim or a heartbeat answered with',
  },
}

function operationOf(endpoint: Endpoint): object {
  const { who, summary, takes, gives, status, otherwise } = endpoint
  const answered = gives === undefined ? {} : { content: contentOf(gives) }
  const refusals = { description: 'Refused', content: { 'application/problem+json': { schema: refTo(REFUSAL) } } }
  return {
    summary,
    security: who === 'anybody' ? [] : who.split(' or ').map((name) => ({ [name]: [] })),
    parameters: parametersOf(endpoint),
    ...(takes === undefined ? {} : { requestBody: { required: true, content: contentOf(takes) } }),
    responses: {
      [status]: { description: 'Done', ...answered },
      ...(otherwise === undefined ? {} : { [otherwise.status]: { description: otherwise.description, ...answered } }),
      '4XX': refusals,
      '5XX': refusals,
    },
  }
}

/** Those that are not any text. */
const PARAMETERS: { readonly [name: string]: object } = {
  run: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
  runAttempt: { type: 'integer', minimum: 1 },
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  'Idempotency-Key': { type: 'string', minLength: 1, maxLength: IDEMPOTENCY_KEY_MAX },
}

function parametersOf({ path, query = [], headers = [] }: Endpoint): object[] {
  const named = (place: string, name: string): object => ({
    name,
    in: place,
    required: place === 'path',
    schema: PARAMETERS[name] ?? { type: 'string' },
  })
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map((match) => named('path', match[1] ?? '')),
    ...query.map((name) => named('query', name)),
    ...headers.map((name) => named('header', name)),
  ]
}

function contentOf(content: Content): object {
  if ('of' in content) return { 'application/json': { schema: refTo(content), ...exampleOf(content) } }
  const schema = content.schema === undefined ? {} : { schema: refTo(content.schema) }
  return Object.fromEntries(content.types.map((type) => [type, schema]))
}

function exampleOf({ example }: Named): object {
  return example === undefined ? {} : { example }
}

function refTo({ name }: Named): object {
  return { $ref: `#/components/schemas/${name}` }
}

function schemas(): Record<string, object> {
  const found: Record<string, object> = {}
  for (const { name, of, io } of schemasUsed()) {
    const { $defs = {}, $schema: _, ...schema } = z.toJSONSchema(of, { io })
    for (const [part, definition] of Object.entries({ ...$defs, '': schema }))
      found[name + part] = moved({ ...definition }, name)
  }
  return found
}

/** Parts that a schema defines for itself stand beside it here. */
function moved(schema: object, name: string): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"#/components/schemas/${name}`))
}

/** What is sent may leave out what has a default; what is answered has it. */
function schemasUsed(): (Named & { readonly io: 'input' | 'output' })[] {
  return [
    { ...REFUSAL, io: 'output' as const },
    ...ENDPOINTS.flatMap(({ takes, gives }) => [
      ...namedIn(takes).map((one) => ({ ...one, io: 'input' as const })),
      ...namedIn(gives).map((one) => ({ ...one, io: 'output' as const })),
    ]),
  ]
}

function namedIn(content: Content | undefined): Named[] {
  if (content === undefined) return []
  if ('of' in content) return [content]
  return content.schema === undefined ? [] : [content.schema]
}
