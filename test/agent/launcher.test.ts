/** The launcher under each shell that may be a machine's `sh`: found on the PATH of the runner, where a folder of links stands first. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openWorld, podRequest, runScript, shellStep } from './processes-fixture.ts'

/** What is linked to which program. */
const SHELLS: readonly { readonly name: string; readonly program: string; readonly tools: readonly string[] }[] = [
  { name: 'dash', program: '/usr/bin/dash', tools: ['sh'] },
  { name: 'bash as sh', program: '/usr/bin/bash', tools: ['sh'] },
  { name: 'busybox', program: '/usr/bin/busybox', tools: ['sh', 'setsid', 'mkfifo', 'cat', 'env', 'sleep'] },
]

for (const { name, program, tools } of SHELLS) {
  test(`${name} launches, signals and ends steps`, {
    skip: !existsSync(program) && `${program} is not here`,
  }, async (t) => {
    const world = openWorld(t)
    const links = join(world.folder, '..', 'links')
    mkdirSync(links)
    for (const tool of tools) symlinkSync(program, join(links, tool))
    const agent = await world.agent('a', { ...process.env, PATH: `${links}:${process.env['PATH']}` })
    const supervisor = await agent.connect(await agent.create(podRequest(), t.signal), t.signal)
    assert.equal(supervisor.facts.shells['sh'], join(links, 'sh'))
    const env = { PATH: process.env['PATH'] ?? '', QUOTED: "it's\n$HOME" }
    const result = await runScript(supervisor, 'one', 'printf %s "$QUOTED"; echo e >&2; exit 7', { env })
    assert.deepEqual([result.stdout, result.stderr, result.code], [env.QUOTED, 'e\n', 7])
    const ignored = await runScript(supervisor, 'two', 'grep SigIgn /proc/self/status')
    assert.equal(ignored.stdout, 'SigIgn:\t0000000000000000\n')
    await supervisor.start(shellStep(supervisor, 'three', 'exec sleep 1000'), [])
    await supervisor.signal('three', 'SIGINT')
    const end = await supervisor.ended('three')
    assert.equal(end.kind === 'exited' && end.record.signal, 'SIGINT')
    assert.equal((await runScript(supervisor, 'four', '', { cwd: '/no/such' })).code, 'no-directory')
    assert.equal((await runScript(supervisor, 'five', '', { argv: ['none'] })).code, 'no-program')
    for (let step = 0; step < 20; step++) assert.equal((await runScript(supervisor, `s${step}`, 'exit 0')).code, 0)
  })
}
