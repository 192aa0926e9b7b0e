import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostEnvironment } from '../../cli/host-env.ts'

test('steps inherit the environment of whoever started the run', () => {
  assert.deepEqual(hostEnvironment({ HOME: '/home/kim', LANG: 'C' }, []), { HOME: '/home/kim', LANG: 'C' })
})

test('secrets read from the environment, and the token of a dispatcher, are not inherited', () => {
  assert.deepEqual(hostEnvironment({ KEY: 'a', LONGSHORE_TOKEN: 'b', OTHER: 'c' }, ['KEY']), { OTHER: 'c' })
})

test('what npm adds for what it starts is taken off, what the user has named alike stays', () => {
  const added = {
    npm_lifecycle_event: 'npx',
    npm_package_name: 'longshore',
    npm_command: 'exec',
    INIT_CWD: '/project',
    NODE: '/usr/bin/node',
  }
  const env = { npm_config_registry: 'https://npm.test', PATH: '/project/node_modules/.bin:/opt/node-gyp-bin:/usr/bin' }
  assert.deepEqual(hostEnvironment({ ...env, ...added }, []), { ...env, PATH: '/usr/bin' })
  assert.deepEqual(hostEnvironment({ ...env, NODE: 'mine' }, []), { ...env, NODE: 'mine' })
})
