import { endpoint, jsonBody, plainAnswer } from './endpoint.ts'

export type AuthMethod = { type: 'challenge' | 'ask'; params: Record<string, unknown> }
export type Authentication = { Authentication: { success: boolean; reason?: string; token?: string } }

const common = { role: 'orchestrator', query: {}, errors: ['NotFound'] } as const

/** The handshake that clients of the reference make before their first request. */
export const authEndpoints = {
  /** The ways to log in, by name. Faults: NotFound. */
  methods: endpoint({
    ...common,
    method: 'GET',
    path: '/auth',
    summary: 'The ways to log in',
    body: null,
    answer: plainAnswer<{ NextToken: string; Methods: Record<string, AuthMethod> }>('AuthMethods'),
  }),
  /** One way to log in. Faults: NotFound. */
  method: endpoint({
    ...common,
    method: 'GET',
    path: '/auth/:name',
    summary: 'One way to log in',
    body: null,
    answer: plainAnswer<AuthMethod>('AuthMethod'),
  }),
  /**
   * Gives the answer that the method asks for and gets a token. A refusal is a Fault with the status 401. Faults:
   * NotFound.
   */
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
