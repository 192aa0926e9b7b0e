/** Who is asking: a person or CI by a bearer token, an agent by its own key, a job's owner by the token a claim answered with. */
import type * as z from 'zod'
import type { Clock } from '../shared/clock.ts'
import { agentTokenSchema, jobTokenSchema } from '../shared/protocol.ts'
import { sign, verify, verifyKeyOf } from '../shared/sign.ts'
import { CLOCK_SKEW_S, JOB_TOKEN_S } from './limit.ts'
import type { DispatcherConfig } from './ports.ts'

/** A person or CI, by the name its token has in the dispatcher's configuration. */
export interface Person {
  readonly name: string
}

/** An agent that signed its token with a key of this cluster. */
export interface Agent {
  readonly id: string
  readonly cluster: string
}

/** A try under an epoch, and the agent it was given to. */
export type JobToken = Omit<z.infer<typeof jobTokenSchema>, 'exp'>

/** Each answers undefined for whatever is not a good token of its kind; why is nobody's business. */
export interface Access {
  person(token: string): Promise<Person | undefined>
  agent(token: string): Promise<Agent | undefined>
  job(token: string): Promise<JobToken | undefined>
  /** A new token for the owner of a try. */
  jobToken(claims: JobToken): Promise<string>
}

export function createAccess(config: DispatcherConfig, clock: Clock): Access {
  const ownKeys = config.signingKeys.map(verifyKeyOf)
  return {
    person: (token) => findPerson(config, token),
    agent: (token) => verifyAgent(config, clock, token),
    async job(token) {
      const expected = { type: 'longshore-try+jwt', nowMs: clock.nowMs(), issuer: config.issuer } as const
      const verified = await verify(token, ownKeys, expected)
      const claims = verified.ok ? jobTokenSchema.safeParse(verified.claims) : undefined
      return claims?.success === true ? claims.data : undefined
    },
    jobToken(claims) {
      const exp = Math.floor(clock.nowMs() / 1_000) + JOB_TOKEN_S
      return sign({ ...claims, iss: config.issuer, exp }, config.signingKeys[0], 'longshore-try+jwt')
    },
  }
}

/** Takes the same time whichever token it is, and whether it is one: every hash is compared to its last byte. */
async function findPerson(config: DispatcherConfig, token: string): Promise<Person | undefined> {
  const given = await sha256(new TextEncoder().encode(token))
  let found: Person | undefined
  for (const { name, sha256: known } of config.tokens) if (equalText(known, given)) found = { name }
  return found
}

function equalText(a: string, b: string): boolean {
  let different = a.length ^ b.length
  for (let at = 0; at < b.length; at++) different |= a.charCodeAt(at) ^ b.charCodeAt(at)
  return different === 0
}

/** Lower-case hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes as BufferSource)
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function verifyAgent(config: DispatcherConfig, clock: Clock, token: string): Promise<Agent | undefined> {
  for (const cluster of config.clusters) {
    const nowMs = clock.nowMs() - CLOCK_SKEW_S * 1_000
    const expected = { type: 'longshore-agent+jwt', nowMs, audience: config.issuer } as const
    const verified = await verify(token, cluster.agentKeys, expected)
    if (!verified.ok) continue
    const claims = agentTokenSchema.safeParse(verified.claims)
    if (claims.success && claims.data.cluster === cluster.name) return { id: claims.data.iss, cluster: cluster.name }
  }
  return undefined
}
