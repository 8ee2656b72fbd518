import type { Host } from '../host.ts'

/** The id a command was given; an empty one is read from standard input. */
export async function idArgument(args: readonly string[], host: Host): Promise<string> {
  const [id = ''] = args
  return id === ''
    ? Buffer.from(await host.stdin.readAll())
        .toString('utf8')
        .trim()
    : id
}
