import type { List } from '#api/endpoint.ts'

/** The page that was asked for; by `for await` every item from its first on, page after page as they are taken. */
export type Listed<Page> = Promise<Page> & AsyncIterable<ItemOf<Page>>
/** never = no list. */
export type ItemOf<Page> =
  Page extends List<infer Item> ? Item : Page extends { NextToken: string; Nodes: (infer Item)[] } ? Item : never

type AnyPage = { NextToken: string; Items?: unknown[]; Nodes?: unknown[] }

/** `ask` gets the page behind a token; without one the page that the caller asked for. */
export function listed<Page>(ask: (token?: string) => Promise<Page>): Listed<Page> {
  const first = ask()
  async function* items() {
    for (let page = (await first) as AnyPage; ; page = (await ask(page.NextToken)) as AnyPage) {
      const { NextToken, Items = page.Nodes ?? [] } = page
      yield* Items
      // The history of a job that goes on has always a next page, which is empty until something happens.
      if (NextToken === '' || Items.length === 0) return
    }
  }
  return Object.assign(first, { [Symbol.asyncIterator]: items }) as Listed<Page>
}
