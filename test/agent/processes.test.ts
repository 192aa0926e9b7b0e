import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDead } from '../../agent/processes/agent.ts'
import { podFolder } from '../../agent/processes/pod-folder.ts'
import type { ProcessesBackend } from '../../agent/processes.ts'
import { replaceFile } from '../../agent/supervisor/folder.ts'
import { LongshoreError } from '../../shared/error.ts'
import { backendContract } from '../contract/backend.ts'
import { openPod, openWorld, podRequest, runScript } from './processes-fixture.ts'

backendContract('processes', (t) => {
  const world = openWorld(t)
  const agents = new Map<unknown, ProcessesBackend>()
  return {
    async agent(id) {
      const agent = await world.agent(id)
      agents.set(agent, agent)
      return agent
    },
    kill: async (agent) => agents.get(agent)?.close(),
  }
})

test('a folder with a very long path holds sockets all the same', async (t) => {
  const parent = join(mkdtempSync(join(tmpdir(), 'longshore-test-')), 'a'.repeat(120), 'b'.repeat(120))
  mkdirSync(parent, { recursive: true })
  const agent = await openWorld(t, parent).agent('a')
  const pod = await agent.create(podRequest(), t.signal)
  const supervisor = await agent.connect(pod, t.signal)
  assert.equal((await runScript(supervisor, 'one', 'echo here')).stdout, 'here\n')
  await agent.remove(pod)
})

test('what belongs to agents and supervisors is closed to other users', async (t) => {
  const { world, pod } = await openPod(t)
  const { root, state, launcher } = podFolder(world.folder, pod)
  for (const path of [world.folder, root, state, launcher]) assert.equal(statSync(path).mode & 0o077, 0, path)
  assert.equal(statSync(join(world.folder, 'controller.pem')).mode & 0o777, 0o600)
})

test('an agent is dead when its process is, and when another process got its number', async (t) => {
  const world = openWorld(t)
  await world.agent('a')
  const child = spawn('sleep', ['100'])
  const file = join(world.folder, 'agents', 'other')
  replaceFile(file, JSON.stringify({ pid: child.pid, startTicks: '1', boot: 'another' }))
  assert.equal(isDead(world.folder, 'other'), true)
  child.kill()
})

test('a pod that no agent came for ends itself and all its processes', async (t) => {
  const { backend, pod, supervisor } = await openPod(t, { graceMs: 300 })
  await supervisor.start(
    { key: 'long', argv: ['sleep', '1000'], env: supervisor.facts.env, cwd: '/', fileCommands: {} },
    [],
  )
  supervisor.close()
  let end: unknown
  while (end === undefined) {
    await new Promise((resume) => setTimeout(resume, 400))
    end = await backend.connect(pod, t.signal).then(
      (again) => again.close(),
      (error) => error,
    )
  }
  assert.ok(end instanceof LongshoreError && end.code === 'pod-gone' && end.retry === 'never')
  await backend.remove(pod)
})
