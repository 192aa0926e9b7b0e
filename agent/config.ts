/** `longshore.yaml`: what an agent is told about itself. Every mistake is a problem with its line and column; docs/configuration.md has it in words. */
import * as z from 'zod'
import { type ConfigForm, parseConfig } from '../shared/config.ts'
import type { Parsed } from '../shared/error.ts'
import { HEARTBEAT_INTERVAL_MS } from '../shared/limit.ts'

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits and dashes, at most 63')

const dispatcher = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }),
  /** Name the dispatcher signs as. */
  issuer: z.string().min(1),
  /** The dispatcher's public signing keys this agent accepts (shared/sign.ts VerifyKey). */
  keys: z
    .array(
      z.strictObject({
        kid: z.string().min(1),
        jwk: z.strictObject({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string().min(1) }),
      }),
    )
    .min(1),
  /** File with the agent's own private key (shared/sign.ts SigningKey, as JSON); relative to the config file. */
  keyFile: z.string().min(1),
})

const backend = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('processes'),
    /** Folder for workspaces, records and journals; relative to the config file. */
    root: z.string().min(1),
    /** Jobs triggered elsewhere run as processes of this user, with nothing between them and this machine. Must be said aloud. */
    acceptRemoteTriggers: z.boolean().default(false),
  }),
])

const secrets = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** Lines `NAME=value`; relative to the config file. Given to every job this agent runs. */
  z.strictObject({ kind: z.literal('file'), file: z.string().min(1) }),
])

const agentConfigSchema = z.strictObject({
  /** Unique among the agents of its cluster. */
  id: name,
  cluster: name,
  /** Jobs side by side. */
  slots: z.int().min(1).max(1_000).default(4),
  dispatcher,
  backend,
  secrets: secrets.default({ kind: 'none' }),
  heartbeatMs: z.int().min(100).max(HEARTBEAT_INTERVAL_MS).default(HEARTBEAT_INTERVAL_MS),
})
/** A `longshore.yaml` without problems, its defaults filled in. */
export type AgentConfig = z.infer<typeof agentConfigSchema>

const form: ConfigForm<AgentConfig> = {
  schema: agentConfigSchema,
  keys: [agentConfigSchema, dispatcher, ...backend.options, ...secrets.options].flatMap(({ shape }) =>
    Object.keys(shape),
  ),
}

/** Reads the config's text. `file` is only for messages. All problems at once; values are not repeated, for one may be a secret. */
export function parseAgentConfig(file: string, text: string): Parsed<AgentConfig> {
  return parseConfig(form, file, text)
}
