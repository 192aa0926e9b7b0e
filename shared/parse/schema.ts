/** What GitHub's schema expects at a path of a workflow file. */
import { BooleanDefinition } from '@actions/workflow-parser/templates/schema/boolean-definition'
import type { Definition } from '@actions/workflow-parser/templates/schema/definition'
import { DefinitionInfo } from '@actions/workflow-parser/templates/schema/definition-info'
import { DefinitionType } from '@actions/workflow-parser/templates/schema/definition-type'
import { MappingDefinition } from '@actions/workflow-parser/templates/schema/mapping-definition'
import { NumberDefinition } from '@actions/workflow-parser/templates/schema/number-definition'
import { SequenceDefinition } from '@actions/workflow-parser/templates/schema/sequence-definition'
import { StringDefinition } from '@actions/workflow-parser/templates/schema/string-definition'
import { WORKFLOW_ROOT } from '@actions/workflow-parser/workflows/workflow-constants'
import { getWorkflowSchema } from '@actions/workflow-parser/workflows/workflow-schema'
import type { Path } from './read.ts'

/** Where several definitions fit, the first that knows the next key is followed. */
export function definitionAt(path: Path): DefinitionInfo | undefined {
  let info: DefinitionInfo | undefined = new DefinitionInfo(getWorkflowSchema(), WORKFLOW_ROOT)
  for (const segment of path) {
    const type: string | undefined = typeof segment === 'number' ? itemType(info) : valueType(info, segment)
    if (type === undefined || type === '') return undefined
    info = new DefinitionInfo(info, type)
  }
  return info
}

function itemType(info: DefinitionInfo): string | undefined {
  const [sequence] = info.getDefinitionsOfType(DefinitionType.Sequence)
  return sequence instanceof SequenceDefinition ? sequence.itemType : undefined
}

function valueType(info: DefinitionInfo, key: string): string | undefined {
  const mappings = mappingsOf(info)
  const knowing = mappings.find((mapping) => Object.hasOwn(mapping.properties, key))
  return knowing?.properties[key]?.type ?? mappings[0]?.looseValueType
}

function mappingsOf(info: DefinitionInfo): readonly MappingDefinition[] {
  return info.getDefinitionsOfType(DefinitionType.Mapping).filter((one) => one instanceof MappingDefinition)
}

/** The keys a mapping at this path may have, if they are a fixed set. */
export function keysAt(path: Path): readonly string[] {
  const info = definitionAt(path)
  return info === undefined ? [] : [...new Set(mappingsOf(info).flatMap((mapping) => Object.keys(mapping.properties)))]
}

/** The words that may stand at this path, where only some may. */
export function wordsAt(path: Path): readonly string[] {
  const scalars = definitionAt(path)?.getScalarDefinitions() ?? []
  return scalars.flatMap((one) => (one instanceof StringDefinition && one.constant !== '' ? [one.constant] : []))
}

/** `true, false or an expression`: what may stand at this path. */
export function expectedAt(path: Path): string {
  const info = definitionAt(path)
  if (info === undefined) return 'another value'
  const scalars = info.getScalarDefinitions()
  const kinds = [
    ...scalars.flatMap(scalarKind),
    ...(itemType(info) === undefined ? [] : ['a list']),
    ...(mappingsOf(info).length === 0 ? [] : ['a mapping']),
    ...(info.allowedContext.length === 0 ? [] : ['an expression']),
  ]
  return alternatives([...new Set(kinds)])
}

function scalarKind(definition: Definition): string[] {
  if (definition instanceof BooleanDefinition) return ['true', 'false']
  if (definition instanceof NumberDefinition) return ['a number']
  if (!(definition instanceof StringDefinition)) return []
  return [definition.constant === '' ? 'text' : `\`${definition.constant}\``]
}

/** More words than this are not listed. */
const ALTERNATIVES_MAX = 8

function alternatives(kinds: readonly string[]): string {
  if (kinds.length < 2) return kinds[0] ?? 'nothing'
  if (kinds.length > ALTERNATIVES_MAX) return `one of ${kinds.slice(0, ALTERNATIVES_MAX).join(', ')} and so on`
  return `${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)}`
}
