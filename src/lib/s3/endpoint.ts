/** Whether a text names a store: a URL of the web, or a host, which is asked over HTTPS. Empty = Amazon's. */
export const isEndpoint = (endpoint: string): boolean =>
  endpoint === '' || (/^(?:https?:\/\/|(?!.*:\/\/))[^/?#:]/.test(endpoint) && URL.canParse(endpointUrl(endpoint)))

export const endpointUrl = (endpoint: string): string =>
  /^https?:\/\//.test(endpoint) ? endpoint : `https://${endpoint}`

/** Whether an endpoint is Amazon's own: an empty one, or one whose text ends so. Decides how buckets are addressed. */
export const isAwsEndpoint = (endpoint: string): boolean => endpoint === '' || endpoint.endsWith('amazonaws.com')
