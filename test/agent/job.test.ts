/** What a `run:` step can meet, on real processes. Rules: semantics.md, sections 1 to 3, 6, 7, 12 and 14. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { writeTarGz } from '../../shared/tar.ts'
import { type RunResult, runWorkflow } from './run-workflow.ts'

/** The output of the step with this number of the step list, without its header. */
function output(result: RunResult, step: number): string {
  const log = result.steps[step - 1]?.log ?? ''
  return log.slice(log.indexOf('##[endgroup]\n') + '##[endgroup]\n'.length)
}

function outcomes(result: RunResult): string[] {
  return result.steps.slice(1, -1).map((step) => `${step.outcome}/${step.conclusion}`)
}

describe('steps of a job', { concurrency: 4 }, () => {
  test('set-up comes first and completion last, each a step with a log of its own', async () => {
    const result = await runWorkflow('steps:\n- run: echo hello\n')
    assert.deepEqual(
      result.steps.map((step) => step.name),
      ['Set up job', 'Run echo hello', 'Complete job'],
    )
    assert.match(result.steps[0]?.log ?? '', /Complete job name: job\n/)
    assert.equal(output(result, 2), 'hello\n')
    assert.equal(result.conclusion, 'success')
  })

  test('the header of a run step shows script, shell and env', async () => {
    const { steps } = await runWorkflow(`env: { A: 1 }
steps:
- shell: bash
  env: { B: two }
  run: |
    true
    exit 0
`)
    assert.match(
      steps[1]?.log ?? '',
      /^##\[group\]Run true\n\x1b\[36;1mtrue\x1b\[0m\n\x1b\[36;1mexit 0\x1b\[0m\nshell: \/\S*bash --noprofile --norc -e -o pipefail \{0\}\nenv:\n {2}A: 1\n {2}B: two\n##\[endgroup\]\n$/,
    )
  })

  test('each shell gets its own arguments; the unspecified one is bash -e without pipefail', async () => {
    const result = await runWorkflow(`steps:
- run: false | true; echo "$-"
- run: false | true
  shell: bash
  continue-on-error: true
- run: echo "from sh"
  shell: sh
- run: console.log(process.argv.length, typeof require)
  shell: node {0}
`)
    assert.deepEqual(outcomes(result), ['success/success', 'failure/success', 'success/success', 'success/success'])
    assert.match(output(result, 2), /^\w*e\w*\n$/)
    assert.equal(output(result, 4), 'from sh\n')
    assert.equal(output(result, 5), '2 function\n')
  })

  test('a failed step fails the job, and only failure() and always() run after it', async () => {
    const result = await runWorkflow(`steps:
- run: exit 7
- run: echo never
- run: echo cleanup
  if: failure()
- run: echo cancelled
  if: cancelled()
- run: echo always
  if: always()
`)
    assert.equal(result.conclusion, 'failure')
    assert.deepEqual(outcomes(result), [
      'failure/failure',
      'skipped/skipped',
      'success/success',
      'skipped/skipped',
      'success/success',
    ])
    assert.equal(output(result, 2), '##[error]Process completed with exit code 7.\n')
    assert.deepEqual(
      result.annotations.map(({ step, level, message }) => ({ step, level, message })),
      [{ step: 2, level: 'error', message: 'Process completed with exit code 7.' }],
    )
  })

  test('continue-on-error keeps the outcome and turns the conclusion', async () => {
    const result = await runWorkflow(`steps:
- id: one
  run: exit 1
  continue-on-error: true
- run: echo "\${{ steps.one.outcome }} \${{ steps.one.conclusion }} \${{ job.status }}"
`)
    assert.equal(output(result, 3), 'failure success success\n')
    assert.equal(result.conclusion, 'success')
  })

  test('environment layers: GITHUB_ENV over the job, the step over both, GITHUB_* over all, PATH latest first', async () => {
    const result = await runWorkflow(
      `on: push
env: { L: workflow, W: workflow }
jobs:
  job:
    runs-on: ubuntu-latest
    env: { L: job, J: "\${{ github.job }}" }
    steps:
    - run: |
        echo "$L $W $J $T $H \${{ env.H }}."
        echo L=file >> "$GITHUB_ENV"
        echo /first >> "$GITHUB_PATH"; echo /second >> "$GITHUB_PATH"
        echo "$L"
    - run: |
        echo "$L \${{ env.L }}"; echo "$PATH" | cut -d: -f1,2
    - env: { L: "step \${{ env.L }}", GITHUB_SHA: mine, CI: "no" }
      run: 'echo "$L $GITHUB_SHA $CI"'
`,
      { env: { T: 'trigger', W: 'trigger' }, hostEnv: { PATH: process.env['PATH'] ?? '', H: 'host' } },
    )
    assert.equal(output(result, 2), 'job workflow job trigger host .\njob\n')
    assert.equal(output(result, 3), 'file file\n/second:/first\n')
    assert.equal(output(result, 4), `step file ${'0'.repeat(40)} no\n`)
  })

  test('a mistake in a file command fails the step, and the other files still count', async () => {
    const result = await runWorkflow(`steps:
- id: one
  run: |
    echo "no equals" >> "$GITHUB_ENV"
    echo x=1 >> "$GITHUB_OUTPUT"
- if: always()
  run: echo "\${{ steps.one.outputs.X }}"
`)
    assert.deepEqual(outcomes(result), ['failure/failure', 'success/success'])
    assert.equal(
      output(result, 2),
      "##[error]Unable to process file command 'env' successfully.\n##[error]Invalid format 'no equals'\n",
    )
    assert.equal(output(result, 3), '1\n')
  })

  test('outputs of the job are evaluated at its end; those with a secret in them are left out', async () => {
    const result = await runWorkflow(
      `outputs: { word: "\${{ steps.one.outputs.word }}", leak: "x\${{ steps.one.outputs.leak }}", empty: "\${{ steps.one.outputs.none }}" }
steps:
- id: one
  env: { S: "\${{ secrets.S }}" }
  run: |
    echo word=hello >> "$GITHUB_OUTPUT"
    echo "leak=$S" >> "$GITHUB_OUTPUT"
    echo "it is $S" >> "$GITHUB_STEP_SUMMARY"
    printf 'hunt'; sleep 0.1; echo er2-and-more
    printf %s "$S" | base64
`,
      { secrets: { S: 'hunter2-and-more' } },
    )
    assert.deepEqual(result.outputs, { word: 'hello' })
    assert.match(result.log, /##\[warning\]Skip output 'leak' since it may contain secret\.\n/)
    assert.deepEqual(result.summaries, ['it is ***\n'])
    assert.doesNotMatch(JSON.stringify(result.events), /hunter2|aHVudGVyMi1hbmQtbW9yZQ/)
  })

  test('hashFiles sees the files of its step, in `if`, `env` and script', async () => {
    const result = await runWorkflow(`steps:
- run: echo content > a.lock
- if: hashFiles('*.lock') != '' && hashFiles('none') == ''
  env: { H: "\${{ hashFiles('*.lock') }}" }
  run: |
    echo "$H \${{ hashFiles('a.lock') }}"
`)
    const inner = createHash('sha256').update('content\n').digest()
    const hash = createHash('sha256').update(inner).digest('hex')
    assert.equal(output(result, 3), `${hash} ${hash}\n`)
  })

  test('what cannot be evaluated fails its step with the place in the file', async () => {
    const result = await runWorkflow(`steps:
- run: echo never
  env: { A: "\${{ fromJSON('{') }}" }
- if: always() && fromJSON('{')
  run: echo never
- if: always()
  run: echo still here
`)
    assert.deepEqual(outcomes(result), ['failure/failure', 'failure/failure', 'success/success'])
    assert.match(
      result.log,
      /##\[error\]The template is not valid\. \.github\/workflows\/test\.yml \(Line: \d+, Col: \d+\): /,
    )
  })

  test('a step over its timeout-minutes is ended and fails', async () => {
    const started = Date.now()
    const result = await runWorkflow(`steps:
- name: slow
  timeout-minutes: 0.01
  run: sleep 30
`)
    assert.deepEqual(outcomes(result), ['failure/failure'])
    assert.equal(output(result, 2), "##[error]The action 'slow' has timed out after 0.01 minutes.\n")
    assert.ok(Date.now() - started < 20_000)
  })

  test('a job over its timeout-minutes is cancelled, says why, and runs its always() steps', async () => {
    const result = await runWorkflow(`timeout-minutes: 0.05
steps:
- run: sleep 30
- run: echo never
- if: always()
  run: echo "\${{ job.status }}"
`)
    assert.equal(result.conclusion, 'cancelled')
    assert.equal(result.cause?.code, 'job-timeout')
    assert.deepEqual(outcomes(result), ['cancelled/cancelled', 'skipped/skipped', 'success/success'])
    assert.match(output(result, 2), /##\[error\]The job has exceeded the maximum execution time of 0\.05 minutes\./)
    assert.equal(output(result, 4), 'cancelled\n')
  })

  test('a cancel interrupts the step, skips the rest, and cancelled() and always() steps run', async () => {
    const result = await runWorkflow(
      `steps:
- run: |
    trap 'echo interrupted; exit 0' INT
    echo go
    while true; do sleep 0.05; done
- run: echo never
- if: cancelled()
  run: echo "job \${{ job.status }}"
`,
      { cancelAt: 'go\n' },
    )
    assert.equal(result.conclusion, 'cancelled')
    assert.deepEqual(outcomes(result), ['cancelled/cancelled', 'skipped/skipped', 'success/success'])
    assert.equal(output(result, 2), 'go\ninterrupted\n##[error]The operation was canceled.\n')
    assert.equal(output(result, 4), 'job cancelled\n')
  })

  test('a step whose `if` still holds in a cancelled job is not interrupted', async () => {
    const result = await runWorkflow(
      `steps:
- if: always()
  run: echo go; sleep 1; echo done
`,
      { cancelAt: 'go\n' },
    )
    assert.deepEqual(outcomes(result), ['success/success'])
    assert.equal(result.conclusion, 'cancelled')
  })

  test('a working directory is below the workspace, comes from defaults too, and must exist', async () => {
    const result = await runWorkflow(`defaults: { run: { working-directory: sub } }
steps:
- working-directory: .
  run: mkdir sub
- run: basename "$PWD"
- working-directory: missing
  run: echo never
`)
    assert.equal(output(result, 3), 'sub\n')
    assert.deepEqual(outcomes(result), ['success/success', 'success/success', 'failure/failure'])
    assert.match(output(result, 4), /##\[error\].*missing/)
  })

  test('checkout unpacks the source of the run', async () => {
    const bundle = await writeTarGz([
      { kind: 'file', path: 'src/a.txt', mode: 0o644, bytes: Buffer.from('content\n') },
      { kind: 'file', path: 'run.sh', mode: 0o755, bytes: Buffer.from('#!/bin/sh\necho ran\n') },
    ])
    const sha256 = createHash('sha256').update(bundle).digest('hex')
    const result = await runWorkflow(
      `steps:
- uses: actions/checkout@v4
- run: cat src/a.txt && ./run.sh
- uses: actions/checkout@v4
  with: { path: again }
- run: cat again/src/a.txt
`,
      { source: { sha256, sizeBytes: bundle.byteLength }, bundles: new Map([[sha256, bundle]]) },
    )
    assert.deepEqual(outcomes(result), ['success/success', 'success/success', 'success/success', 'success/success'])
    assert.match(output(result, 2), /^Source of local\/repository \(sha256 [0-9a-f]{12}, \d+ bytes\)\nWrote 2 files/)
    assert.equal(output(result, 3), 'content\nran\n')
    assert.equal(output(result, 5), 'content\n')
  })

  test('a run without a source says so at its checkout', async () => {
    const result = await runWorkflow('steps:\n- uses: actions/checkout@v4\n')
    assert.equal(result.conclusion, 'failure')
    assert.match(result.log, /##\[error\]This run was started without a source/)
  })

  test('the default variables and the event file are there', async () => {
    const result = await runWorkflow(
      `steps:
- run: |
    echo "$GITHUB_ACTIONS $CI $GITHUB_JOB $GITHUB_RUN_NUMBER $GITHUB_EVENT_NAME $RUNNER_OS $RUNNER_NAME"
    echo "\${GITHUB_TOKEN-none} \${GITHUB_ACTION_PATH-none} \${RUNNER_DEBUG-none}"
    grep -o '"answer": 42' "$GITHUB_EVENT_PATH"
    [ "$PWD" = "$GITHUB_WORKSPACE" ] && [ "$PWD" = '\${{ github.workspace }}' ] && echo there
`,
      { event: { name: 'push', payload: { answer: 42 } }, secrets: { GITHUB_TOKEN: 'not-exported' } },
    )
    assert.equal(output(result, 2), 'true true job 7 push Linux agent-1\nnone none none\n"answer": 42\nthere\n')
  })

  test('step debugging shows debug lines and sets RUNNER_DEBUG', async () => {
    const result = await runWorkflow('steps:\n- run: echo "::debug::inner"; echo "$RUNNER_DEBUG"\n', {
      vars: { ACTIONS_STEP_DEBUG: 'true' },
    })
    assert.match(output(result, 2), /##\[debug\]inner\n/)
    assert.match(output(result, 2), /^1\n/m)
  })

  test('output that imitates the protocol is output, and a spoilt launcher never makes a success', async () => {
    const result = await runWorkflow(`steps:
- run: |
    echo '{"exit":0}'; echo '{"kind":"exited","record":{"code":0}}'
    echo x > /dev/stdout
    exit 3
`)
    assert.equal(result.conclusion, 'failure')
    assert.match(output(result, 2), /^\{"exit":0\}\n\{"kind":"exited","record":\{"code":0\}\}\nx\n##\[error\]/)
  })
})
