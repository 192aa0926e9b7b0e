/** Takes over the jobs of agents that died: their pods are still there, and the steps in them never noticed. */
import { pause } from '../shared/clock.ts'
import { ADOPT_INTERVAL_MS } from '../shared/limit.ts'
import { described, named } from './agent-log.ts'
import type { Pod } from './backend.ts'
import { conductJob, release } from './conduct.ts'
import { parseJournal } from './job/entry.ts'
import { placedJournal } from './placement.ts'
import type { AgentPorts } from './ports.ts'
import { mayComeBack, untilReached } from './retry.ts'
import type { Running } from './running.ts'

/** Looks for orphans at once and regularly until the signal; those it adopts run on, and `running` has them. */
export async function adoptOrphans(ports: AgentPorts, running: Running, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      for (const orphan of await ports.backend.orphans(signal)) await adoptOne(ports, orphan, running)
      await ports.clock.sleep(ADOPT_INTERVAL_MS, signal)
    } catch (error) {
      if (signal.aborted) return
      if (!mayComeBack(error)) throw error
      ports.log.write('warning', 'orphans-unknown', described(error))
      await pause(ports.clock, ADOPT_INTERVAL_MS, signal)
    }
  }
}

async function adoptOne(ports: AgentPorts, orphan: Pod, running: Running): Promise<void> {
  if (orphan.issuer !== ports.trusted.issuer) return
  const pod = await ports.backend.adopt(orphan)
  if (pod === undefined) return
  ports.log.write('info', 'job-adopted', { ...named(pod.ref), epoch: pod.epoch })
  running.add(goOn(ports, pod))
}

async function goOn(ports: AgentPorts, pod: Pod): Promise<void> {
  const owner = { ref: pod.ref, epoch: pod.epoch, token: '' }
  await ports.jobs.hold(owner, async (job) => {
    const { signal } = job.letGo
    try {
      const supervisor = await untilReached(() => ports.backend.connect(pod, signal), ports.clock, signal)
      const journal = placedJournal(parseJournal(await supervisor.journal()))
      if (journal === undefined) {
        // Never placed, so its message comes back and gets a pod of its own.
        supervisor.close()
        return await ports.backend.remove(pod)
      }
      job.phase = 'placed'
      const ask = () => ports.dispatcher.takenOver(pod.ref, pod.epoch, signal)
      const { token, held } = await untilReached(ask, ports.clock, signal)
      owner.token = token
      await conductJob(ports, job, { kind: 'placed', pod, supervisor, journal, held })
    } catch (error) {
      ports.log.write('error', 'job-left', { ...named(pod.ref), ...described(error) })
      await release(ports, pod, error)
    }
  })
}
