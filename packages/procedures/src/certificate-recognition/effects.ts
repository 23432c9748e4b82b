import type { CaseView, Effect } from '../engine/procedure.ts'
import { latestRequest } from './checks.ts'

/** What the host's officer is to do; the issuer's work is drafted from its register. Nothing here is written into a register. */
export function effects(view: CaseView, role: string): readonly Effect[] {
  const answered = view.latest('verification', 'revocation')
  if (role !== 'host' || answered === undefined) return []
  if (view.state === 'under-review') return [{ kind: 'task', key: 'review', digest: answered.digest, title: review, document: 'decision' }]
  if (view.state !== 'verified' || latestRequest(view)?.use === 'hiring') return []
  return [{ kind: 'task', key: 'decide', digest: answered.digest, title: decide, document: 'decision' }]
}

const decide = { zh: '依据核验结果作出互认决定', en: 'decide on recognition, given the verification' }
const review = { zh: '核验结果有变化，复核互认决定', en: 'the verification has changed: review the decision' }
