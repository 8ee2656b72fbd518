const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code)

/** Whether the other side said nothing for as long as it was waited for: who asks again at once would wait as long again. */
export const isSilence = (error: unknown): boolean =>
  ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'].includes(codeOf(error))

/** Whether a certificate is not believed, by Node's codes. It is the same at the next try. */
export const isMistrust = (error: unknown): boolean =>
  /^(?:CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_SELF_)/.test(codeOf(error))

export const mistrustHint =
  "The node trusts the authorities of its system, or of the file that SSL_CERT_FILE names: the server's certificate must be of one of them, for this host, and of today"
