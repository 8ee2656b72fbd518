/** What the list flags mean in a query; nothing given = nothing sent. */
export const listQuery = (flags: {
  readonly limit: number
  readonly 'next-token': string
  readonly 'order-by': string
  readonly 'order-reversed': boolean
}) => ({
  ...(flags.limit === 0 ? {} : { limit: flags.limit }),
  ...(flags['next-token'] === '' ? {} : { next_token: flags['next-token'] }),
  ...(flags['order-by'] === '' ? {} : { order_by: flags['order-by'] }),
  ...(flags['order-reversed'] ? { reverse: true } : {}),
})
