import { stringifyJson } from '#lib/json/stringify.ts'
import { defineCommand, noArgs } from '../../command.ts'
import { printListing } from '../../listing.ts'
import { tableFlags } from '../../shared/output-flags.ts'
import { column } from '../../views/column.ts'

type Row = { readonly current: string; readonly name: string; readonly endpoint: string; readonly auth: string }

export const command = defineCommand({
  use: '',
  args: noArgs,
  flags: tableFlags,
  run: async (_, cli): Promise<Row[]> => {
    const { Profiles } = await import('../../profiles/profiles.ts')
    const profiles = new Profiles(await cli.dataDir(), cli)
    const current = await profiles.current()
    return (await profiles.list()).map(({ name, profile }) => ({
      current: name === current ? '*' : '',
      name,
      endpoint: profile.endpoint,
      auth: profile.token === '' ? '' : 'token',
    }))
  },
  show: (rows, { flags }, cli) => {
    if (rows.length === 0 && flags.output === 'table') return cli.stdout.write('No profiles found\n')
    return printListing(cli, flags, {
      items: rows,
      columns: [
        column<Row>('CURRENT', undefined, undefined, ({ current }) => current),
        column<Row>('NAME', undefined, undefined, ({ name }) => name),
        column<Row>('ENDPOINT', undefined, undefined, ({ endpoint }) => endpoint),
        column<Row>('AUTH', undefined, undefined, ({ auth }) => auth),
      ],
      json: () => stringifyJson(rows),
    })
  },
})
