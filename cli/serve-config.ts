/** What a dispatcher is told about itself: the configuration file of `longshore serve`. docs/configuration.md has it in words. */
import * as z from 'zod'
import { type ConfigForm, parseConfig } from '../shared/config.ts'
import type { Parsed } from '../shared/error.ts'
import { verifyKeySchema } from '../shared/sign.ts'
import { UsageError } from './exit.ts'

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, at most 63')

const store = z.discriminatedUnion('kind', [
  /** Relative to the config file. */
  z.strictObject({ kind: z.literal('directory'), folder: z.string().min(1) }),
  /** Everything is forgotten with the process. */
  z.strictObject({ kind: z.literal('memory') }),
])

const cluster = z.strictObject({ name, agentKeys: z.array(verifyKeySchema).min(1) })

const token = z.strictObject({
  name: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the token, in lower-case hex'),
})

const listen = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(7466),
})

/** All of it may be left out where a flag says it. */
const serveConfigSchema = z.strictObject({
  issuer: z.string().min(1).optional(),
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  listen: listen.optional(),
  store: store.optional(),
  /** Files with private keys, newest first; relative to the config file. */
  keyFiles: z.array(z.string().min(1)).min(1).optional(),
  clusters: z.array(cluster).min(1).optional(),
  tokens: z.array(token).min(1).optional(),
})
/** A configuration of `serve` without problems. */
export type ServeConfig = z.infer<typeof serveConfigSchema>

const form: ConfigForm<ServeConfig> = {
  schema: serveConfigSchema,
  keys: [serveConfigSchema, listen, ...store.options, cluster, verifyKeySchema, token].flatMap(({ shape }) =>
    Object.keys(shape),
  ),
}

/** Reads the config's text. `file` is only for messages. */
export function parseServeConfig(file: string, text: string): Parsed<ServeConfig> {
  return parseConfig(form, file, text)
}

/** A token file: `name sha256` a line. */
export function parseTokens(file: string, text: string): z.infer<typeof token>[] {
  const lines = text.split('\n').map((line, index) => ({ line: line.trim(), number: index + 1 }))
  return lines.flatMap(({ line, number }) => {
    if (line === '' || line.startsWith('#')) return []
    const [name = '', sha256 = '', ...rest] = line.split(/\s+/)
    const parsed = token.safeParse({ name, sha256 })
    if (!parsed.success || rest.length > 0)
      throw new UsageError(`${file}:${number}:1: this line is not a name and the SHA-256 of its token, in hex`)
    return [parsed.data]
  })
}
