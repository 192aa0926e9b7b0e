/** The dispatcher's parts, put together once: what every use case is given. */
import { LongshoreError } from '../shared/error.ts'
import type { JobMessage } from '../shared/message.ts'
import { sign } from '../shared/sign.ts'
import { jobSpec } from '../shared/spec.ts'
import type { TryEntry, TryRef } from '../shared/try.ts'
import { type Access, createAccess } from './access.ts'
import { createLedger, type KnownRun, type Ledger } from './ledger.ts'
import type { Ports } from './ports.ts'
import { createStreams, type Streams } from './stream.ts'

/** What every use case works with: the ports, and the facts, streams and tokens read through them. */
export interface Dispatcher {
  readonly ports: Ports
  readonly ledger: Ledger
  readonly streams: Streams
  readonly access: Access
  /** Tries that are to stop, by run, as of the last look at it: lets an event's answer say so before the heartbeat does. */
  readonly cancels: Map<number, ReadonlySet<string>>
}

/** Reads nothing yet; several may be open on the same ports. */
export function openDispatcher(ports: Ports): Dispatcher {
  return {
    ports,
    ledger: createLedger(ports),
    streams: createStreams(ports.store, ports.wake),
    access: createAccess(ports.config, ports.clock),
    cancels: new Map(),
  }
}

/** The message of an offer, signed now by the newest key. Rejects with `no-spec` (never) for a job that cannot be specified: it is never offered. */
export async function signMessage(
  { config }: Pick<Ports, 'config'>,
  known: KnownRun,
  ref: TryRef,
  offered: TryEntry & { readonly kind: 'offered' },
): Promise<string> {
  const specified = jobSpec(known.plan, known.facts, ref)
  if (!specified.ok) throw new LongshoreError('no-spec', 'never', specified.cause.message)
  const { provenance, trust } = known.plan
  const message: JobMessage = {
    version: 1,
    iss: config.issuer,
    aud: offered.cluster,
    exp: Math.floor(offered.expiresMs / 1_000),
    ...ref,
    offer: offered.offer,
    spec: specified.spec,
    provenance,
    trust,
  }
  return await sign(message, config.signingKeys[0], 'longshore-job+jwt')
}
