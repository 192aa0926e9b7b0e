/** A backend that belongs to this process alone: nobody else will come for its pods, and all of them can be ended at once. */
import type { Backend, Pod, PodRequest } from '../agent/backend.ts'
import { LongshoreError } from '../shared/error.ts'

/**
 * How long a pod outlives this process, in milliseconds, where it dies without a word (SIGKILL): long enough for a stopped laptop to come back,
 * short enough that a step does not run on unseen.
 */
const GRACE_MS = 30_000

/** A backend whose pods all belong to this process. */
export type PrivateBackend = Backend & {
  /** Removes every pod there is or is being made; none is made from now on. Idempotent. */
  removeAll(): Promise<void>
}

export function privateBackend(backend: Backend): PrivateBackend {
  const pods = new Map<string, Pod>()
  const making = new Set<Promise<Pod>>()
  let closed = false
  const assertOpen = (): void => {
    if (closed) throw new LongshoreError('pod-gone', 'never', 'this run was stopped')
  }
  const create = async (request: PodRequest, signal: AbortSignal): Promise<Pod> => {
    assertOpen()
    const made = backend.create({ ...request, graceMs: GRACE_MS }, signal)
    making.add(made)
    try {
      const pod = await made
      pods.set(pod.uid, pod)
      return pod
    } finally {
      making.delete(made)
    }
  }
  const remove = async (pod: Pod): Promise<void> => {
    await backend.remove(pod)
    pods.delete(pod.uid)
  }
  return {
    kind: backend.kind,
    create,
    remove,
    async connect(pod, signal) {
      assertOpen()
      return backend.connect(pod, signal)
    },
    orphans: (signal) => backend.orphans(signal),
    adopt: (orphan) => backend.adopt(orphan),
    async removeAll() {
      closed = true
      await Promise.allSettled(making)
      await Promise.all([...pods.values()].map(remove))
    },
  }
}
