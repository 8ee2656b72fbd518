import type { Host } from '../host.ts'

type Property = { type?: unknown; writeOnly?: unknown }
const scalars = ['string', 'number', 'integer', 'boolean']

/** Asks for each property the schema requires, in its order, and gives the answers as texts. */
export async function answerQuestions(schema: Record<string, unknown>, host: Host): Promise<Record<string, string>> {
  const { properties = {}, required = [] } = schema as { properties?: Record<string, Property>; required?: string[] }
  const answers: Record<string, string> = {}
  for (const name of required) {
    const { type, writeOnly } = properties[name] ?? {}
    if (type === undefined) throw new Error(`invalid schema: property "${name}" has no type`)
    if (!scalars.includes(type as string)) throw new Error(`invalid schema: property "${name}" has non-scalar type`)
    const question = () => host.stderr.write(`${name}: `)
    const isHidden = writeOnly === true
    if (!isHidden) question()
    const line = await host.stdin.readLine(isHidden ? question : undefined)
    if (isHidden && host.stdin.isTerminal) host.stderr.write('\n')
    if (line === undefined) throw new Error(`nobody answers the question for "${name}"`)
    answers[name] = line
  }
  return answers
}
