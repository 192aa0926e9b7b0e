import assert from 'node:assert/strict'
import test from 'node:test'
import { shellCommand } from '../../../agent/step/shell.ts'

const SHELLS = { bash: '/usr/bin/bash', sh: '/usr/bin/sh', python: '/usr/bin/python' }

function argv(shell: string | undefined, shells: { readonly [name: string]: string } = SHELLS) {
  return shellCommand(shell, 'script', shells)?.argv
}

test('without a shell it is bash -e where there is a bash, and sh -e elsewhere', () => {
  assert.deepEqual(argv(undefined), ['/usr/bin/bash', '-e', '{0}'])
  assert.deepEqual(argv(''), ['/usr/bin/bash', '-e', '{0}'])
  assert.deepEqual(argv(undefined, { sh: '/bin/sh' }), ['/bin/sh', '-e', '{0}'])
})

test('a known shell has its own arguments and extension', () => {
  assert.deepEqual(argv('bash'), ['/usr/bin/bash', '--noprofile', '--norc', '-e', '-o', 'pipefail', '{0}'])
  assert.deepEqual(argv('sh'), ['/usr/bin/sh', '-e', '{0}'])
  assert.deepEqual(argv('python'), ['/usr/bin/python', '{0}'])
  assert.equal(shellCommand('python', 'x', SHELLS)?.script.extension, '.py')
  assert.deepEqual(argv('pwsh'), ['pwsh', '-command', ". '{0}'"])
})

test('PowerShell stops at errors and hands the last exit code on', () => {
  assert.deepEqual(shellCommand('pwsh', 'Get-Item', SHELLS)?.script, {
    text: "$ErrorActionPreference = 'stop'\nGet-Item\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }",
    extension: '.ps1',
  })
})

test('a custom shell is split at spaces outside quotes; the script goes where {0} is', () => {
  assert.deepEqual(argv('perl {0}'), ['perl', '{0}'])
  assert.deepEqual(argv('cp {0} action.yml'), ['cp', '{0}', 'action.yml'])
  assert.deepEqual(argv('env "A=b c" sh {0}'), ['env', 'A=b c', 'sh', '{0}'])
  assert.deepEqual(argv('bash -x {0}'), ['/usr/bin/bash', '-x', '{0}'])
  assert.deepEqual(shellCommand('perl {0}', 'text', SHELLS)?.script, { text: 'text', extension: '' })
})

test('a custom shell without {0} is none', () => {
  assert.equal(argv('perl'), undefined)
  assert.equal(argv('bash -c'), undefined)
})

test('the display is the path and the arguments as they are written', () => {
  assert.equal(shellCommand(undefined, 'x', SHELLS)?.display, '/usr/bin/bash -e {0}')
  assert.equal(shellCommand('perl -w {0}', 'x', SHELLS)?.display, 'perl -w {0}')
})
