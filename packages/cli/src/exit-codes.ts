/** Exit codes of every command: done; could not be done; wrongly called. `hefu start` passes on the node's own. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const

/** Of `hefu audit`: all is well; something was found; nothing could be checked (wrongly called too). */
export const AUDIT_EXIT = { ok: 0, findings: 1, unchecked: 2 } as const
