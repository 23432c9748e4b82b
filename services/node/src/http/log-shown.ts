import { type Context, logRead, type StatedPurpose } from '@hefu/exchange'
import type { Answer, Route, RouteRequest } from './route.ts'

/**
 * The one place where reads are logged: after the handler, so that nothing is logged that was refused, and before the answer, so that
 * nothing is shown that is not logged. Throws HefuError `unavailable`; then the answer is not sent.
 */
export async function logShown(
  ctx: Context,
  { reads, operationId }: Route,
  request: RouteRequest<unknown, unknown, unknown>,
  { body }: Answer<unknown>,
  stated: StatedPurpose | null,
): Promise<void> {
  if (reads === 'no') return
  const shown = reads(body, request)
  if (shown === null) return
  const reader = shown.peer === undefined ? request.caller : { client: shown.peer, role: 'peer' as const }
  await logRead(ctx, reader, operationId, { ...shown, stated })
}
