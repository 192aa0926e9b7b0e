/** All that an agent works with; put together by agent/main.ts. */
import type { Clock } from '../shared/clock.ts'
import type { ActiveJobs } from './active.ts'
import type { AgentLog } from './agent-log.ts'
import type { Backend } from './backend.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { ReceiveQueue } from './queue.ts'
import type { Secrets } from './secrets.ts'
import type { TrustedIssuer } from './verification.ts'

/** One set per agent. */
export interface AgentPorts {
  /** Unique among the agents of its cluster. */
  readonly id: string
  readonly cluster: string
  /** Jobs side by side. */
  readonly slots: number
  readonly queue: ReceiveQueue
  readonly dispatcher: Dispatcher
  readonly backend: Backend
  readonly secrets: Secrets
  readonly trusted: TrustedIssuer
  readonly clock: Clock
  readonly log: AgentLog
  readonly jobs: ActiveJobs
}
