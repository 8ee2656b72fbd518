import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import type { IdempotencyToken } from '#contracts/store.ts'
import { prepare, prepareExact, query, value } from '../queries.ts'

/** Answered submissions, so that the same request creates nothing new (I2). */
export type TokenRow = { namespace: string; token: string; body_hash: string; answer: string; created_at: bigint }

/** How long a token is remembered. */
const keptNs = 24n * 3_600n * 1_000_000_000n

export class TokensTable {
  readonly #get: SqlStatement<TokenRow>
  readonly #put: SqlStatement<unknown>
  readonly #removeOld: SqlStatement<unknown>

  constructor(database: SqlDatabase) {
    this.#get = prepareExact(
      database,
      query
        .selectFrom('tokens')
        .selectAll()
        .where('namespace', '=', value('namespace'))
        .where('token', '=', value('token')),
      'namespace, token',
    )
    const insert = query.insertInto('tokens').values({
      namespace: value('namespace'),
      token: value('token'),
      body_hash: value('body_hash'),
      answer: value('answer'),
      created_at: value('created_at'),
    })
    const upsert = insert.onConflict((conflict) =>
      conflict.columns(['namespace', 'token']).doUpdateSet({
        body_hash: (row) => row.ref('excluded.body_hash'),
        answer: (row) => row.ref('excluded.answer'),
        created_at: (row) => row.ref('excluded.created_at'),
      }),
    )
    this.#put = prepare(database, upsert, 'namespace, token, body_hash, answer, created_at')
    this.#removeOld = prepare(database, query.deleteFrom('tokens').where('created_at', '<', value('before')), 'before')
  }

  get(namespace: string, token: string, now: bigint): IdempotencyToken | undefined {
    const row = this.#get.get(namespace, token)
    if (!row || row.created_at < now - keptNs) return undefined
    return { namespace, token, bodyHash: row.body_hash, answer: row.answer, createTime: row.created_at }
  }

  put({ namespace, token, bodyHash, answer, createTime }: IdempotencyToken): void {
    this.#put.run(namespace, token, bodyHash, answer, createTime)
    this.#removeOld.run(createTime - keptNs)
  }
}
