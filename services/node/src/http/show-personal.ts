import { type Context, type StatedPurpose, sightOf, statePurpose } from '@hefu/exchange'
import type { Answer, Route, RouteRequest } from './route.ts'

export interface PersonalAnswer {
  readonly answer: Answer<unknown>
  /** What was stated, where it counted. */
  readonly stated: StatedPurpose | null
}

/**
 * The one place where personal data is masked: between the handler and the answer, so that a route with content only says how, and no handler
 * can forget it. Without a purpose nothing personal is shown; who is no officer sees none whatever is stated. Throws HefuError.
 */
export async function showPersonal(
  ctx: Context,
  { personal }: Route,
  request: RouteRequest<unknown, unknown, unknown>,
  answer: Answer<unknown>,
): Promise<PersonalAnswer> {
  if (personal === undefined || answer.body === undefined) return { answer, stated: null }
  const { caller, sentPurpose } = request
  const mayState = !personal.list && caller.role === 'officer'
  const ofCase = personal.caseOf?.(answer.body, request)
  const stated = mayState ? await statePurpose(ctx, caller, { ...sentPurpose, ofCase }) : null
  const body = personal.show(ctx, sightOf(caller, stated !== null), answer.body, request)
  return { answer: { ...answer, body }, stated }
}
