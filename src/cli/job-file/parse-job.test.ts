import { describe, expect, it } from 'vitest'
import { Fault } from '#lib/fault.ts'
import { parseJob } from './parse-job.ts'

const faultOf = (text: string): Fault => {
  try {
    parseJob(text)
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  }
  throw new Error('was taken')
}

const task = ['Type: batch', 'Tasks:', '  - Name: main', '    Engine: {Type: docker, Params: {Image: busybox, Any: 1}}']

describe('a job file', () => {
  it('may hold anything in parameters, labels and meta, and keys in any case', () => {
    const text = [...task, '    meta: {a: b}', 'labels: {x: z}'].join('\n')
    expect(parseJob(text).spec.Tasks[0]?.Meta).toEqual({ a: 'b' })
  })

  it('is refused with a field that nobody knows, wherever it stands, with line and column', () => {
    const fault = faultOf([...task, '    Netwrk: {Type: None}', '    Resources:', '      Cpus: 2'].join('\n'))
    expect(fault.message).toBe("unknown field: 'Tasks.Netwrk' in 'Job'\nunknown field: 'Tasks.Resources.Cpus' in 'Job'")
    expect(fault.hint).toBe('See line 5, column 5; line 7, column 7.')
  })

  it('is refused with unknown fields and fields of the system at the top, with line and column', () => {
    const fault = faultOf(['Foo: 1', ...task, 'ID: j-1'].join('\n'))
    expect(fault.message).toBe("field: 'ID' in 'Job' is not allowed\nunknown field: 'Foo' in 'Job'")
    expect(fault.hint).toBe('See line 6, column 1; line 1, column 1.')
  })

  it('names no place where none is known', () => {
    const fault = faultOf([...task, '    Network: {Type: Fuller}'].join('\n'))
    expect(fault.message).toBe("models.Network: unknown type 'Fuller'")
    expect(fault.hint).toBeUndefined()
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
