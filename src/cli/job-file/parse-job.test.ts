import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { parseJob } from './parse-job.ts'
import { allWarnings, type Warning } from './warning.ts'

const faultOf = (text: string): Fault => {
  try {
    parseJob(text)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('was taken')
}

const hintLines = ({ hint = '' }: Fault): string[] => hint.split(/\n {7}/).slice(1)

const task = ['Type: batch', 'Tasks:', '  - Name: main', '    Engine: {Type: docker, Params: {Image: busybox, Any: 1}}']

describe('a job file', () => {
  it('may hold anything in parameters, labels and meta, and keys in any case', () => {
    const text = [...task, '    meta: {a: b}', 'labels: {x: z}'].join('\n')
    expect(parseJob(text).spec.Tasks[0]?.Meta).toEqual({ a: 'b' })
  })

  it('in which a field stands twice has the last, with a warning; what overrides a merged one is none', () => {
    const base = ['Meta: &base {a: b}', ...task, 'Labels: {<<: *base, a: c}']
    const repeated = (each: readonly Warning[]) => allWarnings(each).filter((text) => text.includes('once more'))
    expect(repeated(parseJob(base.join('\n')).warnings)).toEqual([])
    const { spec, warnings } = parseJob([...base, 'Count: 1', 'Count: 3'].join('\n'))
    expect(spec.Count).toBe(3)
    expect(repeated(warnings)).toEqual(['Count stands once more in line 8, column 1: the one before has no effect'])
  })

  it('is told where a part stands that has no effect, once, though its server says the same without the place [R137]', () => {
    const text = [
      'Type: daemon',
      'maxpernode: 2',
      'Tasks:',
      '  - Name: main',
      '    engine: {type: docker, params: {Image: busybox, Paramters: [a]}}',
      '    Timeouts:',
      '      queuetimeout: 5',
    ]
    const placed = [
      'MaxPerNode (line 2, column 1) has no effect on daemon jobs',
      'Tasks[0].Timeouts.QueueTimeout (line 7, column 7) has no effect on daemon jobs',
      'Tasks[0].Engine.Params.Paramters (line 5, column 53) is no parameter of engine docker and has no effect; do you mean Parameters?',
    ]
    const { warnings } = parseJob(text.join('\n'))
    expect(allWarnings(warnings, [...warnings.map(({ plain }) => plain), 'only the server knows'])).toEqual([
      ...placed,
      'only the server knows',
    ])
    const described = ['Job:', ...text.map((line) => `  ${line}`), 'Executions: {}'].join('\n')
    expect(allWarnings(parseJob(described).warnings)[0]).toBe(
      'MaxPerNode (line 3, column 3) has no effect on daemon jobs',
    )
    expect(
      allWarnings(
        parseJob('{"Type":"daemon","MaxPerNode":2,"Tasks":[{"Name":"a","Engine":{"Type":"noop"}}]}').warnings,
      ),
    ).toEqual(['MaxPerNode (line 1, column 18) has no effect on daemon jobs'])
  })

  it('is refused with a field that nobody knows, wherever it stands, with line and column', () => {
    const fault = faultOf([...task, '    Netwrk: {Type: None}', '    Resources:', '      Cpus: 2'].join('\n'))
    expect(fault.message).toBe("unknown field: 'Tasks.Netwrk' in 'Job'\nunknown field: 'Tasks.Resources.Cpus' in 'Job'")
    expect(hintLines(fault)).toEqual([
      'Tasks[0].Netwrk (line 5, column 5): do you mean Network?',
      'Tasks[0].Resources.Cpus (line 7, column 7): do you mean CPU?',
    ])
  })

  it('is refused with unknown fields and fields of the system at the top, with line and column', () => {
    const fault = faultOf(['Foo: 1', ...task, 'ID: j-1'].join('\n'))
    expect(fault.message).toBe("field: 'ID' in 'Job' is not allowed\nunknown field: 'Foo' in 'Job'")
    expect(hintLines(fault)).toEqual([
      'ID (line 6, column 1): leave it out, the system writes it',
      expect.stringMatching(/^Foo \(line 1, column 1\): known here: Name, .*, Tasks, /),
    ])
  })

  it('says which words may stand where another does [R148]', () => {
    const fault = faultOf([...task, '    Network: {Type: Fuller}'].join('\n'))
    expect(fault.message).toBe("models.Network: unknown type 'Fuller'")
    expect(fault.hint).toBe('Tasks[0].Network.Type (line 5, column 15): one of None, Full, HTTP, Host, Bridge, Default')
  })

  it('is told all that is wrong with it at once, each with path, line and column [R40] [R137]', () => {
    const fault = faultOf(
      [
        'type: batch',
        'count: two',
        'constraints: [{key: a b, operator: exists}]',
        'tasks:',
        '  - name: main',
        '    engine: {type: docker, params: {image: 5}}',
        '    env: {1A: x, B: 7}',
        '    inputsources:',
        '      - source: {type: inline, params: {url: "data:,a"}}',
        '      - source: {type: s3}',
        '        target: /proc',
        '      - source: {}',
        '    resultpaths: [{name: a/b, path: out}]',
        '    resources: {cpu: lots, gpu: few}',
        '    timeouts: {executiontimeout: 1.5}',
        '    network: {type: Wormhole}',
      ].join('\n'),
    )
    expect(fault.message.split('\n')[0]).toBe("models.Network: unknown type 'Wormhole'")
    const places = hintLines(fault).map((line) => line.split(':')[0])
    expect(places.toSorted()).toEqual([
      'Constraints[0] (line 3, column 15)',
      'Count (line 2, column 1)',
      'Tasks[0].Engine.Params.image (line 6, column 37)',
      'Tasks[0].Env.B (line 7, column 18)',
      'Tasks[0].Env["1A"] (line 7, column 11)',
      'Tasks[0].InputSources[0].Target (line 9, column 9)',
      'Tasks[0].InputSources[1].Source.Params.Bucket (line 10, column 9)',
      'Tasks[0].InputSources[1].Target (line 11, column 9)',
      'Tasks[0].InputSources[2].Source.Type (line 12, column 9)',
      'Tasks[0].InputSources[2].Target (line 12, column 9)',
      'Tasks[0].Network.Type (line 16, column 15)',
      'Tasks[0].Publisher (line 5, column 5)',
      'Tasks[0].Resources.CPU (line 14, column 17)',
      'Tasks[0].Resources.GPU (line 14, column 28)',
      'Tasks[0].ResultPaths[0].Name (line 13, column 20)',
      'Tasks[0].ResultPaths[0].Path (line 13, column 31)',
      'Tasks[0].Timeouts.ExecutionTimeout (line 15, column 16)',
    ])
    expect(fault.details?.['Tasks[0].ResultPaths[0].Path']).toBe('result path "out" must be absolute')
  })

  it('says where its text is broken', () => {
    expect(faultOf('Name: x\nTasks: [a\n')).toMatchObject({
      message: expect.stringContaining('converting yaml to json: yaml: line'),
      hint: expect.stringMatching(/line \d+, column \d+/),
    })
  })

  const inJson = (comment: string) =>
    `{\n  "Type": "batch", "Meta": {"see": "http://x/y // \\"z"},\n  ${comment}\n  "Tasks": []\n}`
  it.each([
    ['// one task', 'line 3, column 3'],
    ['/* one\n task */', 'line 3, column 3'],
    ['"Count": 1, // one', 'line 3, column 15'],
    ['"Labels": {"a": "b" // c\n},', 'line 3, column 23'],
  ])('in JSON may have no comment: %j is refused with its place', (comment, place) => {
    const fault = faultOf(inJson(comment))
    expect(fault.message).toBe(`${place}: JSON has no comments`)
    expect(fault.hint).toContain('YAML')
  })

  it('in JSON may have slashes in its texts, and in YAML anywhere', () => {
    expect(faultOf(inJson('')).message).not.toContain('comments')
    const meta = (line: string) => parseJob([...task, line].join('\n')).spec.Meta
    expect(meta('meta: {a: http://x/y, b: // c}')).toEqual({ a: 'http://x/y', b: '// c' })
  })

  it('that begins with a comment of another language is refused with its place', () => {
    expect(faultOf('// a job\n{}').message).toBe('line 1, column 1: JSON has no comments')
  })
})
