import assert from 'node:assert/strict'
import test from 'node:test'
import { conclusions, openCluster } from './cluster.ts'

test('a run goes through dispatcher, queue, agent and supervisor to its end', async (t) => {
  const cluster = await openCluster(t)
  await cluster.agent('one')
  const run = await cluster.trigger(`on: push
jobs:
  build:
    runs-on: ubuntu-latest
    outputs: { word: "\${{ steps.say.outputs.word }}" }
    steps:
      - id: say
        run: echo word=hello >> "$GITHUB_OUTPUT"
  test:
    needs: build
    runs-on: ubuntu-latest
    strategy: { matrix: { n: [1, 2] } }
    steps:
      - run: echo "\${{ needs.build.outputs.word }} \${{ matrix.n }}"
`)
  assert.deepEqual(await conclusions(cluster, run), {
    build: 'success',
    'test.0': 'success',
    'test.1': 'success',
    run: 'success',
  })
  assert.match(await cluster.log(run, 'test.1'), /Z hello 2\n/)
})
