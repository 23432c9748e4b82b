/** What a listener gives any caller, before it knows who calls. Documented in docs/operations.md. */
export const MAX_HEADER_BYTES = 16 * 1024
/** Bodies, unless a route says otherwise. */
export const MAX_BODY_BYTES = 1024 * 1024
/** Of TLS, before there is a request whose headers could be late. */
export const HANDSHAKE_WITHIN_MS = 10_000
export const HEADERS_WITHIN_MS = 10_000
export const REQUEST_WITHIN_MS = 60_000
/** Longer than peers and clients keep theirs (60 s), so that the caller and not the node closes a connection that rests. */
export const REST_WITHIN_MS = 72_000
/** A connection on which nothing moves: who does not read its answer does not keep it. */
export const SILENT_WITHIN_MS = 120_000
/** After the last answer to what is no HTTP: as long as a client needs to read it. */
export const LINGER_MS = 1_000
export const MAX_CONNECTIONS = 2_000
/** Requests of one listener under way at a time; the next one is turned away at once instead of waiting behind all of them. */
export const MAX_UNDER_WAY = 500
/** Requests of one listener whose bodies are still on their way: not under way yet. */
export const MAX_ARRIVING = 500
/** Mean delay of the event loop over a second: what is late by this much is not going to be answered in time. */
export const MAX_LOOP_DELAY_MS = 2_000

/** And still late: three turns of the loop take this long when a request comes. */
export const MAX_LATE_TURNS_MS = 500

/** Refused for want of a valid token or signature, from one address. */
export const STRANGER_RATE = { requests: 3_000, seconds: 60 }
