import { createMemoryQueue } from '../../functions/queue/memory.ts'
import { createOffersQueue } from '../../functions/queue/offers.ts'
import type { ReceiveSide } from '../../functions/queue.ts'
import { createMemoryStore } from '../../functions/store/memory.ts'
import { createMemoryWake } from '../../functions/wake.ts'
import { AGENT_PATHS, receiveAnswerSchema } from '../../shared/protocol.ts'
import type { FakeAgent } from '../functions/fake-agent.ts'
import { config, createWorld } from '../functions/world.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { type OpenQueue, queueContract } from './queue.ts'

queueContract({
  name: 'memory',
  async open() {
    const clock = createManualClock()
    const queue = createMemoryQueue(clock)
    let sent = 0
    const send = (cluster: string) => queue.send(cluster, `message ${++sent}`, 'octo/cat')
    return { queue: queue.of('here'), clock, send: () => send('here'), sendElsewhere: () => send('elsewhere') }
  },
})

queueContract({ name: 'offers', open: async () => openOffers((queue) => queue) })

queueContract({ name: 'offers over HTTP', open: async () => openOffers((_, agent) => overHttp(agent)) })

const JOB = 'on: push\njobs: { one: { runs-on: x, steps: [{ run: echo }] } }'

/** Offers are facts: a message is sent by a trigger, elsewhere by a dispatcher whose first cluster is another. */
function openOffers(side: (queue: ReceiveSide, agent: FakeAgent) => ReceiveSide): OpenQueue {
  const clock: ManualClock = createManualClock()
  const shared = { clock, store: createMemoryStore(), wake: createMemoryWake(clock) }
  const random = () => crypto.getRandomValues(new Uint8Array(16))
  const queue = createOffersQueue({ ...shared, random, config })
  const world = createWorld({ ...shared, queue, receive: queue })
  const [here, elsewhere = here] = config.clusters
  const other = createWorld({ ...shared, queue, receive: queue, config: { ...config, clusters: [elsewhere, here] } })
  return {
    queue: side(queue.of('here'), world.agent('a')),
    clock,
    send: async () => void (await world.trigger(JOB)),
    sendElsewhere: async () => void (await other.trigger(JOB)),
  }
}

function overHttp(agent: FakeAgent): ReceiveSide {
  return {
    async receive(max, signal, { waitMs = 20_000, visibilityS = 60 } = {}) {
      const asked = { max, waitS: waitMs / 1_000, visibilityS }
      return receiveAnswerSchema.parse(await agent.post(AGENT_PATHS.receive, await agent.ownToken(), asked, signal))
        .messages
    },
    async extend({ receipt }, visibilityS = 60) {
      await agent.post(AGENT_PATHS.extend, await agent.ownToken(), { receipt, visibilityS })
    },
    async delete({ receipt }) {
      await agent.post(AGENT_PATHS.delete, await agent.ownToken(), { receipt })
    },
  }
}
