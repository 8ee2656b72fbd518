import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { modulePath, Product, type Server } from '../../kit/product.ts'

let product: Product
let server: Server

beforeAll(async () => {
  product = await Product.start()
  server = await product.serve()
})
afterAll(() => product?.stop())

/** A job whose program prints what the template made of `words`. */
const printing = (words: string): string => `
Type: batch
Count: 1
Tasks:
  - Name: main
    Engine:
      Type: wasm
      Params:
        EntryModule:
          Source: { Type: localDirectory, Params: { SourcePath: ${modulePath('tool.wasm')} } }
          Target: /tool.wasm
        Entrypoint: _start
        Parameters: [print, "${words}", "", "0"]
`
const run = (words: string, args: readonly string[], env = {}): Promise<string> =>
  server.ok(['job', 'run', '--follow', ...args], { stdin: printing(words), env })

describe('a job file as a template', () => {
  it('is filled with the variables of the command line [R42, R43]', async () => {
    const shown = await run('{{.greeting}}, {{.name}}', ['--template-vars', 'greeting=Hello', '-V', 'name=World'])
    expect(shown).toContain('Hello, World')
    expect(await run('{{.a}}{{.b}}', ['-V', 'a=1,b=2'])).toContain('12')
  })

  it('knows the variables of the environment whose names match [R44]', async () => {
    const env = { APP_ONE: 'first', APP_TWO: 'second', OTHER: 'hidden' }
    expect(await run('{{.APP_ONE}} {{.APP_TWO}}', ['-E', '^APP_'], env)).toContain('first second')
    expect(await run('{{.OTHER}} {{.APP_ONE}}', ['--template-envs', '.*'], env)).toContain('hidden first')
    expect(await run('<{{or (index . `OTHER`) `unknown`}}>', ['-E', '^APP_'], env)).toContain('<unknown>')
  })

  it('has conditions, defaults and names with hyphens [R47]', async () => {
    const words = `{{if (index . \`from-day\`)}}from {{index . \`from-day\`}}{{else}}from the start{{end}} {{or (index . \`to-day\`) \`until now\`}}`
    expect(await run(words, ['-V', 'from-day=monday'])).toContain('from monday until now')
    expect(await run(words, ['-V', 'to-day=friday'])).toContain('from the start friday')
  })

  it('stays as it is with --no-template [R45]', async () => {
    expect(await run('{{.greeting}}', ['--no-template', '-V', 'greeting=Hello'])).toContain('{{.greeting}}')
  })

  it('is shown filled in by --dry-run [R46]', async () => {
    const shown = await server.ok(['job', 'run', '--dry-run', '-V', 'name=World'], {
      stdin: printing('Hello {{.name}}'),
    })
    expect(parse(shown).Tasks[0].Engine.Params.Parameters).toEqual(['print', 'Hello World', '', '0'])
  })

  it('that is no template says where it breaks, and nothing is submitted [R42]', async () => {
    const { exit, stdout, stderr } = await server.run(['job', 'run'], { stdin: printing('{{if}') })
    expect(exit).toBe(1)
    expect(stdout + stderr).toMatch(/template/)
    expect(await server.json(['job', 'list', '--labels', 'never=there'])).toEqual([])
  })
})

describe('the documented templates [R48]', () => {
  const query = `
Name: Live logs processing
Type: ops
Constraints:
  - Key: service
    Operator: "="
    Values: [WebService]
Tasks:
  - Name: main
    Engine:
      Type: docker
      Params:
        Image: expanso/nginx-access-log-processor:1.0.0
        Parameters:
          - --query
          - {{.query}}
          - --start-time
          - {{or (index . "start-time") ""}}
          - --end-time
          - {{or (index . "end-time") ""}}
`
  const batch = `
Name: S3 logs processing
Type: batch
Count: 1
Tasks:
  - Name: main
    Engine:
      Type: docker
      Params:
        Image: expanso/nginx-access-log-processor:1.0.0
        Parameters: [--query, {{.query}}]
    InputSources:
      - Target: /logs
        Source:
          Type: s3
          Params:
            Bucket: {{.AccessLogBucket}}
            Key: {{.AccessLogPrefix}}
            Filter: {{or (index . "AccessLogPattern") ".*"}}
            Region: {{.AWSRegion}}
`
  const filled = async (text: string, vars: Record<string, string>) => {
    const flags = Object.entries(vars).flatMap(([key, value]) => ['-V', `${key}=${value}`])
    return parse(await server.ok(['job', 'run', '--dry-run', ...flags, await product.file('documented.yaml', text)]))
  }

  it('an ops query with optional times', async () => {
    const parameters = async (vars: Record<string, string>) => {
      const job = await filled(query, { query: 'SELECT 1', ...vars })
      expect(job).toMatchObject({
        Type: 'ops',
        Constraints: [{ Key: 'service', Operator: '=', Values: ['WebService'] }],
      })
      return job.Tasks[0].Engine.Params.Parameters
    }
    expect(await parameters({ 'start-time': 'yesterday' })).toEqual([
      '--query',
      'SELECT 1',
      '--start-time',
      'yesterday',
      '--end-time',
      null,
    ])
    expect(await parameters({})).toEqual(['--query', 'SELECT 1', '--start-time', null, '--end-time', null])
  })

  it('a batch query on a bucket', async () => {
    const vars = { query: 'SELECT 1', AccessLogBucket: 'logs', AccessLogPrefix: '2023-11-*', AWSRegion: 'eu-west-1' }
    const params = async (more = {}) => (await filled(batch, { ...vars, ...more })).Tasks[0].InputSources[0].Source
    expect(await params()).toEqual({
      Type: 's3',
      Params: { Bucket: 'logs', Key: '2023-11-*', Filter: '.*', Region: 'eu-west-1' },
    })
    expect((await params({ AccessLogPattern: '^[10-12].*' })).Params.Filter).toBe('^[10-12].*')
  })
})
