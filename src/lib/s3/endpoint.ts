/** Whether an endpoint is Amazon's own: an empty one, or one whose text ends so. Decides how buckets are addressed. */
export const isAwsEndpoint = (endpoint: string): boolean => endpoint === '' || endpoint.endsWith('amazonaws.com')
