/**
 * From the text of a workflow file to a `Workflow`, or to everything that is wrong with it. GitHub's parser reads it against GitHub's schema; what
 * the schema lets through is checked here.
 */
import { MappingToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index'
import type { Parsed } from './error.ts'
import { WORKFLOW_CHARACTERS_MAX } from './limit.ts'
import { explain } from './parse/explain.ts'
import { checkExpressions } from './parse/expressions.ts'
import { checkGraph, withDeclaredNeeds } from './parse/graph.ts'
import { toDefaults, toJob } from './parse/job.ts'
import { Problems } from './parse/problems.ts'
import { readWorkflow } from './parse/read.ts'
import { Source } from './parse/source.ts'
import { literalText, optionalTemplate, valueAt } from './parse/token.ts'
import { toTriggers } from './parse/trigger.ts'
import { explainYaml } from './parse/yaml.ts'
import type { Workflow } from './workflow.ts'

/** Parses and checks one workflow file. Never throws for bad input; all problems at once, each with place and remedy. */
export function parseWorkflow(file: string, text: string): Parsed<Workflow> {
  const source = new Source(text)
  const problems = new Problems(file, source)
  if (text.length > WORKFLOW_CHARACTERS_MAX) {
    problems.add(
      [0, 0],
      `the file has ${text.length} characters, ${WORKFLOW_CHARACTERS_MAX} are allowed`,
      'move scripts into files of their own',
    )
    return { ok: false, problems: problems.sorted() }
  }
  const read = readWorkflow(source)
  if (read.kind === 'not-yaml') {
    explainYaml(read.errors, problems)
    return { ok: false, problems: problems.sorted() }
  }
  explain(read.refusals, problems)
  const workflow = toWorkflow(file, read.root, problems)
  checkExpressions(read.root, problems)
  const found = problems.sorted()
  return found.length === 0 ? { ok: true, value: workflow } : { ok: false, problems: found }
}

function toWorkflow(file: string, root: TemplateToken | undefined, problems: Problems): Workflow {
  const at = (key: string) => valueAt(root, key)
  const jobs = at('jobs')
  const drafts = withDeclaredNeeds(
    jobs instanceof MappingToken ? [...jobs].map(({ key, value }) => toJob(key, value, problems)) : [],
  )
  if (jobs instanceof MappingToken && drafts.length === 0) {
    problems.add(jobs, 'the workflow has no jobs', 'give `jobs` at least one')
  }
  checkGraph(drafts, problems)
  const name = literalText(at('name'))
  return {
    file,
    ...(name !== undefined && { name }),
    ...optionalTemplate('runName', at('run-name')),
    on: toTriggers(at('on'), problems),
    ...optionalTemplate('env', at('env')),
    defaults: toDefaults(at('defaults'), problems),
    ...optionalTemplate('permissions', at('permissions')),
    ...optionalTemplate('concurrency', at('concurrency')),
    jobs: drafts.map((draft) => draft.job),
  }
}
