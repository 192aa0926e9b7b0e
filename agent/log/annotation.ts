/**
 * Annotations: notices, warnings and errors of a step, with their place in the source. Rules for lines and columns, the limits and the
 * wording follow actions/runner ActionCommandManager.cs (IssueCommandExtension) and ExecutionContext.AddIssue.
 */
import { posix } from 'node:path'
import { ANNOTATION_MESSAGE_MAX, ANNOTATIONS_PER_STEP_MAX } from '../../shared/limit.ts'

/** The lightest first. */
export type AnnotationLevel = 'notice' | 'warning' | 'error'

/** Of GitHub's event `annotation` (shared/event.ts) without the step's number. Lines and columns are 1-based as the tools give them. */
export interface Annotation {
  readonly level: AnnotationLevel
  readonly message: string
  readonly title?: string
  /** Relative to the workspace where it is inside; as given elsewhere. */
  readonly file?: string
  readonly line?: number
  readonly endLine?: number
  readonly column?: number
  readonly endColumn?: number
}

/** How many of each level a step has kept so far. */
export type AnnotationCounts = { readonly [level in AnnotationLevel]: number }

/** Before a step has said anything. */
export const NO_ANNOTATIONS: AnnotationCounts = { notice: 0, warning: 0, error: 0 }

/** Whether one more of this level is kept; beyond ANNOTATIONS_PER_STEP_MAX it is in the log only. */
export function isKept(counts: AnnotationCounts, level: AnnotationLevel): boolean {
  return counts[level] < ANNOTATIONS_PER_STEP_MAX
}

/** Masks the texts and cuts the message, in this order: a cut secret could not be recognised. */
export function finishAnnotation(annotation: Annotation, mask: (text: string) => string): Annotation {
  const { title, file } = annotation
  return {
    ...annotation,
    message: mask(annotation.message).slice(0, ANNOTATION_MESSAGE_MAX),
    ...(title === undefined ? {} : { title: mask(title) }),
    ...(file === undefined ? {} : { file: mask(file) }),
  }
}

/** What `::error file=…,line=…::message` says. Property names are in lower case. */
export function annotationOf(
  level: AnnotationLevel,
  properties: ReadonlyMap<string, string>,
  message: string,
  workspace: string,
): Annotation {
  const title = properties.get('title')
  const file = properties.get('file')
  return {
    level,
    message,
    ...(title === undefined || title === '' ? {} : { title }),
    ...(file === undefined || file === '' ? {} : { file: relativeTo(workspace, file) }),
    ...repairPlace({
      line: parseNumber(properties.get('line')),
      endLine: parseNumber(properties.get('endline')),
      column: parseNumber(properties.get('col')),
      endColumn: parseNumber(properties.get('endcolumn')),
    }),
  }
}

type Place = { readonly [field in 'line' | 'endLine' | 'column' | 'endColumn']: number | undefined }

/**
 * An end without a start is the start too; columns need one line, the same at both ends; an end before its start takes both away.
 * In the official runner's order, which matters where several rules apply.
 */
function repairPlace(given: Place): Partial<Annotation> {
  const { endLine, endColumn } = given
  const line = given.line ?? endLine
  const column = given.column ?? endColumn
  const oneLine = line !== undefined && (endLine === undefined || endLine === line)
  const backwards = line !== undefined && endLine !== undefined && endLine < line
  const columnsBackwards = column !== undefined && endColumn !== undefined && endColumn < column
  return {
    ...(line === undefined || backwards ? {} : { line }),
    ...(endLine === undefined || backwards ? {} : { endLine }),
    ...(column === undefined || !oneLine || columnsBackwards ? {} : { column }),
    ...(endColumn === undefined || !oneLine || columnsBackwards ? {} : { endColumn }),
  }
}

/** A 32-bit number, as .NET's int.TryParse takes it; undefined for anything else. */
export function parseNumber(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*[+-]?\d{1,10}\s*$/.test(text)) return undefined
  const number = Number(text)
  return Math.abs(number) <= 0x7fffffff ? number : undefined
}

/** The path below the workspace, or the path as it is where it is not there. Does not resolve `..`. Source: IOUtil.MakeRelative. */
function relativeTo(workspace: string, file: string): string {
  const inside = file.startsWith(`${workspace.replace(/\/$/, '')}/`)
  const relative = inside ? file.slice(workspace.replace(/\/$/, '').length + 1) : file
  return relative === '' ? file : relative
}

/**
 * The path below the workspace of a file that a tool named, found from `fromPath`'s folder or the workspace; undefined outside of it.
 * Whether the file exists is not looked at (the official runner does). Source: actions/runner OutputManager.ConvertToIssue.
 */
export function insideWorkspace(workspace: string, file: string, fromPath: string | undefined): string | undefined {
  const folder = fromPath === undefined ? '' : posix.dirname(fromPath)
  const path = posix.resolve(workspace, folder, file)
  const relative = posix.relative(workspace, path)
  return relative === '' || relative === '..' || relative.startsWith('../') ? undefined : relative
}
