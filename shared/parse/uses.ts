/** The `uses` of a step: which action, and that it is one that works yet. */
import type { TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Problems } from './problems.ts'

const REMEDY = 'only actions/checkout works yet: write what it does as `run`'

export function checkUses(uses: string, token: TemplateToken, problems: Problems): void {
  if (uses.startsWith('docker://')) {
    problems.add(token, `docker actions are not supported yet: \`${uses}\``, REMEDY)
  } else if (/^(\.|\$)[\\/]/.test(uses)) {
    problems.add(token, `actions from a folder of the repository are not supported yet: \`${uses}\``, REMEDY)
  } else {
    checkRemote(uses, token, problems)
  }
}

/** `owner/repo@ref` or `owner/repo/path@ref`. */
function checkRemote(uses: string, token: TemplateToken, problems: Problems): void {
  const [path = '', ref = '', ...rest] = uses.split('@')
  const [owner, repository] = path.split('/')
  if (!owner || !repository || ref === '' || rest.length > 0) {
    const remedy =
      ref === '' && owner && repository
        ? `name a version: \`${path}@v4\``
        : 'write owner/repo@ref, for example actions/checkout@v4'
    problems.add(token, `\`${uses}\` names no action`, remedy)
  } else if (!isCheckout(uses)) {
    problems.add(token, `the action \`${uses}\` is not supported yet`, REMEDY)
  } else if (/^[0-9a-f]{7,39}$/i.test(ref)) {
    const message = `\`${ref}\` looks like the short form of a commit SHA, which GitHub refuses`
    problems.add(token, message, 'write all 40 characters of it, or a tag or branch')
  }
}

/** Owner and repository are compared without case, as on GitHub. */
export function isCheckout(uses: string): boolean {
  return /^actions\/checkout@/i.test(uses)
}
