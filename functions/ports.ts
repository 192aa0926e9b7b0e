/** What the dispatcher is made of: its ports and its configuration, chosen by a composition root. */
import type { Clock } from '../shared/clock.ts'
import type { SigningKey, VerifyKey } from '../shared/sign.ts'
import type { ReceiveQueues, SendQueue } from './queue.ts'
import type { Store } from './store.ts'
import type { Wake } from './wake.ts'

/** Built in the composition roots only (entry/, and the command for a run of its own). */
export interface Ports {
  readonly store: Store
  readonly queue: SendQueue
  /** The queue's other side, where the dispatcher serves it over HTTP; without it agents receive elsewhere. */
  readonly receive?: ReceiveQueues
  readonly clock: Clock
  readonly wake: Wake
  /** 16 random bytes, fit for secrets. */
  readonly random: () => Uint8Array
  readonly config: DispatcherConfig
  /** Told of failures that a client only sees as 500: never of a token or a body. */
  readonly report?: (failure: unknown) => void
}

/** Parsed from a file by the command; holds private keys, and hashes of tokens. */
export interface DispatcherConfig {
  /** Names this dispatcher to its agents and in every key and pod: two of them with one name would share runs. */
  readonly issuer: string
  /** Where people and agents reach it, without a path. */
  readonly url: string
  /** Newest first. The newest signs; all verify. */
  readonly signingKeys: readonly [SigningKey, ...SigningKey[]]
  /** Jobs are offered to the first. */
  readonly clusters: readonly [ClusterConfig, ...ClusterConfig[]]
  readonly tokens: readonly TokenConfig[]
}

/** A cluster as the dispatcher knows it: no address, and nothing to enter it with. */
export interface ClusterConfig {
  readonly name: string
  /** Public keys of this cluster's agents: whoever signs with one of them is an agent of this cluster and of no other. */
  readonly agentKeys: readonly VerifyKey[]
}

/** A token of a person or of CI. */
export interface TokenConfig {
  /** Who triggers with it: the provenance of what is uploaded. */
  readonly name: string
  /** Lower-case hex of the token's SHA-256: the token itself is kept nowhere. */
  readonly sha256: string
}
