/** Whoever dies in the middle of a step, the step runs once and every line of it is there once. */
import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { type Deployment, deploy } from './deployment.ts'

const LINES = 40

/** Prints a numbered line every 0.1 s, and notes outside that it has started. */
const numbered = (folder: string): string => `on: push
jobs:
  count:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo started >> ${folder}/starts
          for i in $(seq ${LINES}); do echo "line $i"; sleep 0.1; done
      - run: echo afterwards
`

async function deployment(context: TestContext): Promise<Deployment> {
  const there = await deploy()
  context.after(() => there.close())
  await writeFile(join(there.folder, 'count.yml'), numbered(there.folder))
  return there
}

async function everyLineOnce({ folder }: Deployment, stdout: string): Promise<void> {
  const numbers = [...stdout.matchAll(/^count \| line (\d+)$/gm)].map(([, number]) => Number(number))
  assert.deepEqual(
    numbers,
    Array.from({ length: LINES }, (_, index) => index + 1),
  )
  assert.equal(stdout.split('count | afterwards\n').length, 2)
  assert.equal(await readFile(join(folder, 'starts'), 'utf8'), 'started\n')
}

describe('a death in the middle of a step', { concurrency: true }, () => {
  test('of the agent: another one goes on with the same step', async (context) => {
    const there = await deployment(context)
    const first = await there.startAgent('agent-1')
    const run = there.run('count.yml')
    await run.said('line 10\n')
    await there.startAgent('agent-2')
    first.child.kill('SIGKILL')
    const { status, stdout, stderr } = await run.ended
    assert.equal(status, 0, stdout + stderr)
    await everyLineOnce(there, stdout)
  })

  test('of the dispatcher: the agent and the viewer find it again', async (context) => {
    const there = await deployment(context)
    await there.startAgent('agent-1')
    const run = there.run('count.yml')
    await run.said('line 10\n')
    await there.restartServer()
    const { status, stdout, stderr } = await run.ended
    assert.equal(status, 0, stdout + stderr)
    await everyLineOnce(there, stdout)
  })
})
