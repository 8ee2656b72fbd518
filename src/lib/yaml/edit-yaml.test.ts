import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { setInYaml } from './edit-yaml.ts'
import { readSettings } from './read-settings.ts'

const set = (source: string, path: string, value: any) => setInYaml(source, path.split('.'), value)
const text = (source: string, path: string, value: any) => {
  const { text: edited, isRewritten } = set(source, path, value)
  expect(isRewritten).toBe(false)
  return edited
}

const file = `# of the lab
API:
  Port: 1234   # as ever
  Host: "0.0.0.0" # everybody

# who we are
Labels: {zone: a}
Compute:
    Orchestrators:
    - nats://a:4222
    - nats://b:4222
    # the end of compute
JobDefaults.Batch.Priority: 3
`

describe('setting a value in a YAML text', () => {
  it('changes only that value, and keeps the comment beside it', () => {
    expect(text(file, 'API.Port', 99)).toBe(file.replace('1234', '99'))
    expect(text(file, 'api.host', 'h')).toBe(file.replace('"0.0.0.0"', 'h'))
    expect(text(file, 'jobdefaults.batch.priority', 4)).toBe(file.replace('Priority: 3', 'Priority: 4'))
  })

  it('replaces lists and one-line maps', () => {
    const one = file.replace('    - nats://a:4222\n    - nats://b:4222\n', '        - nats://c:1\n')
    expect(text(file, 'Compute.Orchestrators', ['nats://c:1'])).toBe(one)
    expect(text(file, 'Labels', { C: 'D' })).toBe(file.replace('Labels: {zone: a}', 'Labels:\n    C: D'))
    expect(text(file, 'Compute.Orchestrators', [])).toBe(
      file.replace('Orchestrators:\n    - nats://a:4222\n    - nats://b:4222', 'Orchestrators: []'),
    )
  })

  it('adds what is missing at the end of its section, before the comments of the next', () => {
    expect(text(file, 'API.TLS.UseTLS', true)).toBe(
      file.replace('# everybody\n', '# everybody\n  TLS:\n      UseTLS: true\n'),
    )
    expect(text(file, 'Name', 'n1')).toBe(`${file}Name: n1\n`)
    expect(text('', 'API.Port', 1)).toBe('API:\n    Port: 1\n')
    expect(text('# nothing yet\n', 'API.Port', 1)).toBe('# nothing yet\nAPI:\n    Port: 1\n')
    expect(text('API:\n', 'API.Port', 1)).toBe('API:\n    Port: 1\n')
    expect(text('API: {}', 'API.Port', 1)).toBe('API:\n    Port: 1\n')
    expect(text('update: {skipchecks: true}\n', 'update.checkfrequency', '1m0s')).toBe(
      'update:\n    skipchecks: true\n    checkfrequency: 1m0s\n',
    )
  })

  it('says when the whole text had to be written anew', () => {
    expect(set('{API: {Port: 1}} # all of it\n', 'API.Port', 2)).toEqual({
      text: 'API:\n    Port: 2\n',
      isRewritten: true,
    })
    const shared = 'a: &one {x: 1}\nb: *one\n'
    expect(readSettings(set(shared, 'b.x', 2).text)).toEqual({ a: { x: 1 }, b: { x: 2 } })
  })

  it('refuses what is no map of settings, and keys that stand twice, in the words of Go', () => {
    expect(() => set('- a', 'x', 1)).toThrow('line 1: cannot unmarshal !!seq into map[string]interface {}')
    expect(() => set('a: 1\na: 2\n', 'x', 1)).toThrow('line 2: mapping key "a" already defined at line 1')
    expect(() => set(': bad', 'x', 1)).toThrow()
  })

  it('always says afterwards what it should, and nothing else changed', () => {
    const name = fc.constantFrom('a', 'b', 'C', 'x.y')
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string()), fc.constant(null))
    const tree = fc.letrec((again) => ({
      map: fc.dictionary(name, fc.oneof({ maxDepth: 3 }, leaf, again('map')), { maxKeys: 4 }),
    })).map
    const path = fc.array(fc.constantFrom('a', 'b', 'd'), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(fc.array(fc.tuple(path, leaf), { maxLength: 6 }), tree, (edits, start) => {
        let source = set('', 'start', start as any).text
        for (const [at, value] of edits) {
          source = setInYaml(source, at, value as any).text
          let here: any = readSettings(source)
          for (const step of at) here = here[step]
          expect(here).toEqual(value)
          expect(readSettings(source).start).toEqual(start)
        }
      }),
      { numRuns: 200 },
    )
  })
})
