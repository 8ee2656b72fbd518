import type { SqlDatabase, SqlStatement } from '#contracts/sql.ts'
import { exactJson, parseExact } from '#lib/json/exact.ts'
import type { NodeId } from '#models/ids.ts'
import type { NodeState } from '#models/node.ts'
import { prepare, query, value } from '../queries.ts'

/** Nodes the orchestrator has met. */
export type NodeRow = { id: string; body: string }

export class NodesTable {
  readonly #all: SqlStatement<Pick<NodeRow, 'body'>>
  readonly #put: SqlStatement<unknown>
  readonly #remove: SqlStatement<unknown>

  constructor(database: SqlDatabase) {
    this.#all = prepare(database, query.selectFrom('nodes').select('body').orderBy('id'), '')
    const insert = query.insertInto('nodes').values({ id: value('id'), body: value('body') })
    const upsert = insert.onConflict((conflict) =>
      conflict.column('id').doUpdateSet({ body: (row) => row.ref('excluded.body') }),
    )
    this.#put = prepare(database, upsert, 'id, body')
    this.#remove = prepare(database, query.deleteFrom('nodes').where('id', '=', value('id')), 'id')
  }

  all(): NodeState[] {
    return this.#all.all().map((row) => parseExact(row.body))
  }

  put(node: NodeState): void {
    this.#put.run(node.Info.NodeID, exactJson(node))
  }

  remove(id: NodeId): void {
    this.#remove.run(id)
  }
}
