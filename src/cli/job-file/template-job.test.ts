import { describe, expect, it } from 'vitest'
import { describeVectors } from '../../../test/kit/vectors.ts'
import { fillTemplate, templateValues } from './template-job.ts'

type Input = { env: Record<string, string>; vars: Record<string, string>; pattern: string }

describeVectors('template-env.json', async ({ env, vars, pattern }: Input) => {
  const values = await templateValues(vars, pattern, env)
  return [...values.keys()]
    .sort()
    .map((key) => `[${key}=${values.get(key)}]`)
    .join('')
})

describe('the template of a job file', () => {
  it('takes given variables before those of the environment [R43][R44]', async () => {
    const source = 'Name: {{.name}}, {{or (index . "greeting") "hello"}}'
    expect(await fillTemplate(source, { name: 'a' }, '^gr', { greeting: 'hi', name: 'b' })).toBe('Name: a, hi')
    expect(await fillTemplate(source, { name: 'a' }, '', { greeting: 'hi' })).toBe('Name: a, hello')
  })

  it('needs every variable it names [R47]', async () => {
    await expect(fillTemplate('{{.x}}', {}, '', {})).rejects.toThrow('failed to execute template')
  })
})
