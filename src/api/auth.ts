import { endpoint, jsonBody, plainAnswer } from './endpoint.ts'

export type AuthMethod = { type: 'challenge' | 'ask'; params: Record<string, unknown> }
export type Authentication = { Authentication: { success: boolean; reason?: string; token?: string } }

const common = { role: 'orchestrator', query: {}, errors: ['NotFound'] } as const

/** The handshake that clients of the reference make before their first request. */
export const authEndpoints = {
  methods: endpoint({
    ...common,
    method: 'GET',
    path: '/auth',
    summary: 'The ways to log in',
    body: null,
    answer: plainAnswer<{ NextToken: string; Methods: Record<string, AuthMethod> }>('AuthMethods'),
  }),
  method: endpoint({
    ...common,
    method: 'GET',
    path: '/auth/:name',
    summary: 'One way to log in',
    body: null,
    answer: plainAnswer<AuthMethod>('AuthMethod'),
  }),
  authenticate: endpoint({
    ...common,
    method: 'POST',
    path: '/auth/:name',
    summary: 'Answers a challenge and gets a token',
    statuses: [200, 401],
    body: jsonBody<{ Name: string; MethodData: string }>('Authenticate'),
    answer: plainAnswer<Authentication>('Authentication'),
  }),
} as const
