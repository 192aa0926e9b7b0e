/** The cluster's queue as the dispatcher serves it: long polls over HTTP (shared/protocol.ts). */
import * as z from 'zod'
import { POLL_MESSAGES_MAX, POLL_WAIT_S, VISIBILITY_TIMEOUT_S } from '../../shared/limit.ts'
import { AGENT_PATHS, receiveAnswerSchema } from '../../shared/protocol.ts'
import { type Endpoint, post } from '../http.ts'
import type { ReceiveQueue } from '../queue.ts'
import { type AgentIdentity, createTokenSource } from '../token.ts'

/** Where the dispatcher is, and as whom this agent receives. */
export interface HttpQueueOptions extends Endpoint, AgentIdentity {
  /** How long a poll waits, in seconds; POLL_WAIT_S where absent. */
  readonly waitS?: number
}

const nothing = z.object({})
/** For what must be said even when nobody waits for messages any more. */
const always = new AbortController().signal

/** Every call rejects with `unreachable` or `unauthorized` (later) where nothing could be learnt. */
export function createHttpQueue(options: HttpQueueOptions): ReceiveQueue {
  const own = createTokenSource(options)
  const { waitS = POLL_WAIT_S } = options
  return {
    receive: async (max, signal) => {
      const asked = { max: Math.min(max, POLL_MESSAGES_MAX), waitS, visibilityS: VISIBILITY_TIMEOUT_S }
      const { messages } = await post(options, AGENT_PATHS.receive, await own(), asked, receiveAnswerSchema, signal)
      return messages
    },
    extend: async ({ receipt }) => {
      const asked = { receipt, visibilityS: VISIBILITY_TIMEOUT_S }
      await post(options, AGENT_PATHS.extend, await own(), asked, nothing, always)
    },
    delete: async ({ receipt }) => {
      await post(options, AGENT_PATHS.delete, await own(), { receipt }, nothing, always)
    },
  }
}
