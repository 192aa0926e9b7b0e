/** What every backend owes its callers (agent/backend.ts). */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Backend, PodRequest } from '../../agent/backend.ts'
import { LongshoreError } from '../../shared/error.ts'

/** A cluster of its own for one test. */
export interface BackendWorld {
  /** A new agent of that cluster. */
  agent(id: string): Promise<Backend>
  /** From now on that agent is proved dead. */
  kill(agent: Backend): Promise<void>
}

const request: PodRequest = {
  ref: { run: 41, runAttempt: 1, job: 'build.0', try: 0 },
  issuer: 'https://ci.example',
  epoch: 3,
  runsOn: ['ubuntu-latest'],
  graceMs: 60_000,
}

/** Registers the suite; `open` makes an empty cluster that is cleaned up after the test. */
export function backendContract(name: string, open: (t: TestContext) => BackendWorld): void {
  test(`${name}: creating what exists answers with what exists`, async (t) => {
    const agent = await open(t).agent('a')
    const first = await agent.create(request, t.signal)
    assert.deepEqual(await agent.create(request, t.signal), first)
    await agent.remove(first)
  })

  test(`${name}: a pod's name is its try's, and fits a label of Kubernetes`, async (t) => {
    const agent = await open(t).agent('a')
    const one = await agent.create(request, t.signal)
    const other = await agent.create({ ...request, issuer: 'https://other.example' }, t.signal)
    const retry = await agent.create({ ...request, ref: { ...request.ref, try: 1 } }, t.signal)
    assert.equal(new Set([one.name, other.name, retry.name]).size, 3)
    for (const pod of [one, other, retry]) assert.match(pod.name, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)
    for (const pod of [one, other, retry]) await agent.remove(pod)
  })

  test(`${name}: a lower epoch gets nothing, a higher one takes the same pod`, async (t) => {
    const world = open(t)
    const agent = await world.agent('a')
    const successor = await world.agent('b')
    const pod = await agent.create(request, t.signal)
    const taken = await successor.create({ ...request, epoch: 5 }, t.signal)
    assert.deepEqual(taken, { ...pod, epoch: 5 })
    await rejectsWith('superseded', agent.create({ ...request, epoch: 4 }, t.signal))
    await rejectsWith('superseded', agent.create({ ...request, epoch: 5 }, t.signal))
    await successor.remove(taken)
  })

  test(`${name}: an owner that was superseded removes nothing`, async (t) => {
    const world = open(t)
    const agent = await world.agent('a')
    const successor = await world.agent('b')
    const pod = await agent.create(request, t.signal)
    const taken = await successor.create({ ...request, epoch: 4 }, t.signal)
    await agent.remove(pod)
    const supervisor = await successor.connect(taken, t.signal)
    assert.deepEqual(await supervisor.journal(), [])
    await successor.remove(taken)
  })

  test(`${name}: a pod is removed once, and again without harm; its namesake is another pod`, async (t) => {
    const agent = await open(t).agent('a')
    const pod = await agent.create(request, t.signal)
    await agent.remove(pod)
    await agent.remove(pod)
    await rejectsWith('pod-gone', agent.connect(pod, t.signal))
    const namesake = await agent.create(request, t.signal)
    assert.notEqual(namesake.uid, pod.uid)
    await agent.remove(pod)
    assert.deepEqual(await (await agent.connect(namesake, t.signal)).journal(), [])
    await agent.remove(namesake)
  })

  test(`${name}: only the pods of dead agents are orphans, and one of many adopts each`, async (t) => {
    const world = open(t)
    const [dead, first, second] = [await world.agent('a'), await world.agent('b'), await world.agent('c')]
    const pod = await dead.create(request, t.signal)
    const kept = await first.create({ ...request, ref: { ...request.ref, job: 'kept' } }, t.signal)
    assert.deepEqual(await second.orphans(t.signal), [])
    await world.kill(dead)
    assert.deepEqual(await second.orphans(t.signal), [pod])
    const adopted = await Promise.all([first.adopt(pod), second.adopt(pod)])
    const winners = adopted.filter((taken) => taken !== undefined)
    assert.equal(winners.length, 1)
    const [taken] = winners
    assert.ok(taken !== undefined && taken.epoch > pod.epoch && taken.uid === pod.uid)
    assert.deepEqual(await second.orphans(t.signal), [])
    assert.equal(await second.adopt(pod), undefined)
    await (adopted[0] === undefined ? second : first).remove(taken)
    await first.remove(kept)
  })

  test(`${name}: an adopted pod's journal and steps are its successor's, and its old owner's channel is closed`, async (t) => {
    const world = open(t)
    const [agent, successor] = [await world.agent('a'), await world.agent('b')]
    const pod = await agent.create(request, t.signal)
    const channel = await agent.connect(pod, t.signal)
    await channel.append({ kind: 'note', text: 'placed' })
    const taken = await successor.create({ ...request, epoch: 4 }, t.signal)
    const next = await successor.connect(taken, t.signal)
    assert.deepEqual(await next.journal(), [{ kind: 'note', text: 'placed' }])
    await rejectsWith('superseded', channel.append({ kind: 'note', text: 'late' }))
    await rejectsWith('superseded', agent.connect(pod, t.signal))
    await next.append({ kind: 'note', text: 'adopted' })
    assert.equal((await next.journal()).length, 2)
    await successor.remove(taken)
  })
}

async function rejectsWith(code: string, call: Promise<unknown>): Promise<void> {
  await assert.rejects(
    call,
    (error) => error instanceof LongshoreError && error.code === code && error.retry === 'never',
  )
}
