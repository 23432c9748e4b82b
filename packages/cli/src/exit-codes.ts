/** Exit codes of every command: done; could not be done; wrongly called. `hefu start` passes on the node's own. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const
