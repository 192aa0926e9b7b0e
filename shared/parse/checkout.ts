/** `actions/checkout` of the run's own repository, the only action there is yet. */
import { type MappingToken, StringToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import { nearest } from './near.ts'
import type { Problems } from './problems.ts'
import { literalText } from './token.ts'

/** Inputs that are understood or change nothing here: the run's files are unpacked, no git is asked. */
const HARMLESS = new Set([
  'path',
  'clean',
  'fetch-depth',
  'fetch-tags',
  'show-progress',
  'persist-credentials',
  'set-safe-directory',
  'allow-unsafe-pr-checkout',
  'token',
])

/** Inputs that are harmless with this value only. */
const HARMLESS_VALUES: { readonly [input: string]: string } = { submodules: 'false', lfs: 'false' }

/** Inputs that fetch something else than the run's own files. Source: actions/checkout action.yml. */
const OTHER_SOURCE = [
  'repository',
  'ref',
  'ssh-key',
  'ssh-known-hosts',
  'ssh-strict',
  'ssh-user',
  'filter',
  'sparse-checkout',
  'sparse-checkout-cone-mode',
  'github-server-url',
]

export function checkCheckout(inputs: MappingToken, problems: Problems): void {
  for (const { key, value } of inputs) {
    if (key instanceof StringToken) checkInput(key.value.toLowerCase(), key, value, problems)
  }
}

function checkInput(name: string, key: TemplateToken, value: TemplateToken, problems: Problems): void {
  if (HARMLESS.has(name)) return
  const harmless = HARMLESS_VALUES[name]
  const text = literalText(value)
  if (harmless !== undefined && text?.toLowerCase() === harmless) return
  if (text === '' || (name === 'repository' && isOwnRepository(value))) return
  if (harmless !== undefined) {
    problems.add(value, `\`${name}\` of actions/checkout can only be ${harmless} yet`, `remove \`${name}\``)
  } else if (OTHER_SOURCE.includes(name)) {
    const message = `\`${name}\` of actions/checkout is not supported yet: it unpacks the files of this run, nothing else`
    problems.add(key, message, `remove \`${name}\``)
  } else {
    const near = nearest(name, [...HARMLESS, ...OTHER_SOURCE, ...Object.keys(HARMLESS_VALUES)])
    const remedy = near === undefined ? `remove \`${name}\`` : `did you mean \`${near}\`?`
    problems.add(key, `actions/checkout has no input \`${name}\``, remedy)
  }
}

function isOwnRepository(value: TemplateToken): boolean {
  return 'expression' in value && value.expression === 'github.repository'
}
