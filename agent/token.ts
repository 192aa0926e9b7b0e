/** An agent's own token: short-lived, signed by its key, made anew before it expires. */
import type { Clock } from '../shared/clock.ts'
import { AGENT_TOKEN_S } from '../shared/limit.ts'
import { type SigningKey, sign } from '../shared/sign.ts'

/** Who an agent is to the dispatcher. */
export interface AgentIdentity {
  readonly agent: string
  readonly cluster: string
  /** Name of the dispatcher that the token is for. */
  readonly issuer: string
  readonly key: SigningKey
  readonly clock: Clock
}

/** The token to use now. One serves for half of its life. */
export function createTokenSource(identity: AgentIdentity): () => Promise<string> {
  let made: { readonly token: Promise<string>; readonly untilMs: number } | undefined
  return () => {
    const nowMs = identity.clock.nowMs()
    if (made === undefined || nowMs >= made.untilMs) {
      made = { token: signed(identity, nowMs), untilMs: nowMs + (AGENT_TOKEN_S * 1_000) / 2 }
    }
    return made.token
  }
}

function signed({ agent, cluster, issuer, key }: AgentIdentity, nowMs: number): Promise<string> {
  const exp = Math.floor(nowMs / 1_000) + AGENT_TOKEN_S
  return sign({ iss: agent, cluster, aud: issuer, exp }, key, 'longshore-agent+jwt')
}
