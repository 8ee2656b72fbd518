import { Fault } from '#lib/fault.ts'
import { bare, specFields } from '#lib/spec-text/fields.ts'
import { type InputSpec, parseInputSpec } from '#lib/spec-text/input-spec.ts'
import { uploadType } from '#models/upload.ts'

/** With a slash at its end it is where a file goes under its own name. */
const defaultTarget = '/inputs/'

/** The value of `-i`: what the reference takes, or a path of this machine, which the reference refuses. */
export const parseInput = (text: string): InputSpec => localInput(text) ?? parseInputSpec(text)

/** `./path`, `../path` or `/path`, as `PATH[:/TARGET]` or `src=PATH,dst=TARGET`. */
function localInput(text: string): InputSpec | undefined {
  if (text === '') return undefined
  const [first, ...rest] = specFields(text)
  const isShort = first?.value === undefined
  const [, path = '', target = defaultTarget] = (isShort && /^(.*?)(?::(\/.*))?$/s.exec(first?.text ?? '')) || []
  const options = new Map(
    (isShort ? rest : specFields(text)).map(({ key, value, text: whole }) => [key, value ?? whole]),
  )
  const source = bare(isShort ? path : (options.get('src') ?? options.get('source') ?? ''))
  if (!/^(?:\/|\.{1,2}(?:\/|$))/.test(source)) return undefined
  const strange = [...options.keys()].find((key) => !['src', 'source', 'dst', 'target', 'destination'].includes(key))
  if (strange !== undefined) throw noSuchPart(strange)
  const Target = bare(options.get('dst') ?? options.get('target') ?? options.get('destination') ?? target)
  const [, mode] = mountMode.exec(Target) ?? []
  if (mode !== undefined) throw noMode(mode)
  return { Source: { Type: uploadType, Params: { Path: source } }, Alias: source, Target }
}

/** What other programs take behind a target; here it would be a part of its name. */
const mountMode = /:(ro|rw)$/

const noMode = (mode: string): Fault =>
  new Fault('BadRequest', `an input of this machine has no mode :${mode}`, {
    hint: 'What is sent with a job is a copy that programs only read: leave the mode out.',
  })

const noSuchPart = (key: string): Fault =>
  new Fault('BadRequest', `an input of this machine has no ${key}`, {
    hint: 'For example -i ./data:/inputs or -i src=./data,dst=/inputs.',
  })
