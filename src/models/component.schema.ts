import { messageOf } from '#lib/fault.ts'
import { decodeParams, type ParamType } from '#lib/params.ts'
import type { JsonSchema } from './outline.ts'
import { valueProblem } from './param-values.schema.ts'
import { mostTold, type Problem, problemAt } from './problem.ts'
import { type SpecConfig, typeKey } from './spec-config.ts'

export type ComponentKind = 'engine' | 'storage' | 'publisher'

type Rule = {
  /** The name the reference shows for the parameters of this type. */
  struct: string
  fields: Record<string, ParamType>
  /** The parameter that must be there, and what is said without it. */
  required: readonly [name: string, sentence: string]
}

const rule = (struct: string, fields: Record<string, ParamType>, required: Rule['required']): Rule => ({
  struct,
  fields,
  required,
})

const s3Fields = { Bucket: 'string', Key: 'string', Region: 'string', Endpoint: 'string' } as const

/** Parameters that are known wherever a job is submitted. Unknown types are left to the scheduler: a node may have them. */
const rules: Record<ComponentKind, Record<string, Rule>> = {
  engine: {
    docker: rule(
      'EngineSpec',
      {
        Image: 'string',
        Entrypoint: '[]string',
        Parameters: '[]string',
        EnvironmentVariables: '[]string',
        WorkingDirectory: 'string',
      },
      ['Image', "invalid docker engine param: 'Image' cannot be empty"],
    ),
    // The entry module of 1.4 is an input source, that of 1.9 a path.
    wasm: rule(
      'EngineSpec',
      { EntryModule: 'any', Entrypoint: 'string', Parameters: '[]string', EnvironmentVariables: 'any' },
      ['EntryModule', 'invalid wasm engine entry module. cannot be nil'],
    ),
  },
  storage: {
    s3: rule('SourceSpec', { ...s3Fields, Filter: 'string', VersionID: 'string', ChecksumSHA256: 'string' }, [
      'Bucket',
      'invalid s3 storage params: bucket cannot be empty',
    ]),
    urldownload: rule('Source', { URL: 'string', ChecksumSHA256: 'string' }, [
      'URL',
      'invalid url storage params: url cannot be empty',
    ]),
    s3presigned: rule('Source', { PreSignedURL: 'string', SourceSpec: 'any' }, [
      'PreSignedURL',
      'invalid s3 signed storage params: signed url cannot be empty',
    ]),
    inline: rule('Source', { URL: 'string' }, ['URL', 'invalid inline storage params: url cannot be empty']),
    ipfs: rule('Source', { CID: 'string' }, ['CID', 'invalid ipfs params. cid cannot be empty']),
    localdirectory: rule('Source', { SourcePath: 'string', ReadWrite: 'any' }, [
      'SourcePath',
      'invalid local storage params: source path cannot be empty',
    ]),
  },
  publisher: {
    s3: rule('PublisherSpec', { ...s3Fields, Encoding: 'string' }, [
      'Bucket',
      'invalid s3 params. bucket cannot be empty',
    ]),
  },
}
rules.storage.local = rules.storage.localdirectory as Rule

/** Why the parameters of a component cannot be right on any node; of each one, the first reason. */
export function componentProblems(kind: ComponentKind, spec: SpecConfig): Problem[] {
  const type = typeKey(spec.Type)
  const known = Object.hasOwn(rules[kind], type) ? rules[kind][type] : undefined
  if (known === undefined) return none
  const params = spec.Params ?? {}
  try {
    const found = decodeParams(params, known.struct, known.fields) as Record<string, unknown>
    if (!found[known.required[0]]) return [problemAt(known.required[1], 'Params', known.required[0])]
    const problem = valueProblem(kind, type, found)
    return problem === undefined ? none : [problem]
  } catch {
    return unreadableParams(`invalid ${type} ${kind} params: `, params, known)
  }
}

const none: Problem[] = []

/** Parameters that a type takes beside those of its rule; the node checks them. */
const furtherParams: Record<ComponentKind, Record<string, readonly string[]>> = {
  engine: { docker: [], wasm: ['ImportModules', 'Deterministic', 'Seed'] },
  storage: {
    s3: ['Partition'],
    local: ['CreateAs'],
    localdirectory: ['CreateAs'],
    urldownload: [],
    s3presigned: ['Managed'],
    inline: [],
    ipfs: [],
    upload: ['ID', 'SizeBytes', 'Path'],
  },
  publisher: { s3: [], local: [], ipfs: [], noop: [], link: [], s3managed: [] },
}

type Known = { readonly names: readonly string[]; readonly spellings: ReadonlySet<string> }
const knownParams = { engine: knownOf('engine'), storage: knownOf('storage'), publisher: knownOf('publisher') }

function knownOf(kind: ComponentKind): Map<string, Known> {
  const types = Object.entries(furtherParams[kind]).map(([type, further]): [string, Known] => {
    const names = [...Object.keys(rules[kind][type]?.fields ?? {}), ...further]
    return [type, { names, spellings: new Set(names.flatMap((name) => [name, name.toLowerCase()])) }]
  })
  return new Map(types)
}

/** Parameters that a component of a known type does not have: nobody reads them. Of very many the first. */
export function idleParams(kind: ComponentKind, { Type, Params }: SpecConfig): readonly string[] {
  const known = knownParams[kind].get(typeKey(Type))
  let idle: string[] | undefined
  if (known === undefined) return noParams
  for (const name in Params) {
    if (known.spellings.has(name) || known.spellings.has(name.toLowerCase())) continue
    idle ??= []
    if (idle.push(name) === mostTold) break
  }
  return idle ?? noParams
}

const noParams: readonly string[] = []

/** The parameters of a type, as they are written. */
export const paramsOf = (kind: ComponentKind, { Type }: SpecConfig): readonly string[] =>
  knownParams[kind].get(typeKey(Type))?.names ?? noParams

function unreadableParams(prefix: string, params: Record<string, unknown>, known: Rule): Problem[] {
  const problems: Problem[] = []
  for (const name of Object.keys(params).sort()) {
    try {
      decodeParams({ [name]: params[name] }, known.struct, known.fields)
    } catch (error) {
      problems.push(problemAt(prefix + messageOf(error), 'Params', name))
    }
  }
  const isThere = Object.entries(params).some(([name, value]) => sameName(name, known.required[0]) && value)
  return isThere ? problems : [...problems, problemAt(known.required[1], 'Params', known.required[0])]
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

const paramSchemas: Record<ParamType, JsonSchema> = {
  string: { type: 'string' },
  '[]string': { type: 'array', items: { type: 'string' } },
  bool: { type: 'boolean' },
  int64: { type: 'integer', format: 'int64' },
  'map[string]string': { type: 'object', additionalProperties: { type: 'string' } },
  any: {},
}
/** What `valueProblem` says, by type and parameter. */
const localPath = { SourcePath: { pattern: '^/' }, ReadWrite: { enum: [true, false, 'true', 'false', null] } }
const values: Record<string, Record<string, JsonSchema>> = {
  inline: { URL: { pattern: '^data:' } },
  urldownload: { URL: { pattern: '^[hH][tT][tT][pP][sS]?://[^/]' } },
  localdirectory: localPath,
  local: localPath,
  docker: {
    WorkingDirectory: {
      pattern: '^(/.*)?$',
      not: { pattern: '(^|/)\\.\\.(/|$)|^/+(\\./+)*(proc|sys|dev)(/|$)' },
    },
    EnvironmentVariables: {
      items: { type: 'string', not: { pattern: '^[bB][aA][cC][aA][lL][hH][aA][uU]_' } },
    },
  },
}
/** As job files write the types; engines and sources that are not listed may be there too. */
const spellings: Record<string, string> = {
  urldownload: 'urlDownload',
  s3presigned: 's3PreSigned',
  localdirectory: 'localDirectory',
}

/** The same rules as JSON Schema, for a component of this kind. */
export const componentRules = (kind: ComponentKind): JsonSchema => ({
  ...(kind === 'publisher' ? {} : { required: ['Type'], properties: { Type: { pattern: '\\S' } } }),
  allOf: Object.entries(rules[kind]).map(([type, known]) => ({
    anyOf: [{ not: isOfType(spellings[type] ?? type) }, ruleSchema(type, known)],
  })),
})

const isOfType = (type: string): JsonSchema => ({ properties: { Type: { const: type } }, required: ['Type'] })

const ruleSchema = (type: string, { fields, required: [needed] }: Rule): JsonSchema => ({
  required: ['Params'],
  properties: {
    Params: {
      properties: Object.fromEntries(
        Object.entries(fields).map(([name, param]) => [
          name,
          {
            ...paramSchemas[param],
            ...(name === needed && param === 'string' ? { minLength: 1 } : {}),
            ...values[type]?.[name],
          },
        ]),
      ),
      required: [needed],
    },
  },
})
