import type { Procedure, Register } from '@hefu/procedures'
import type { Route } from '../http/route.ts'
import { agreementRoutes } from './agreement-routes.ts'
import { alertRoutes } from './alert-routes.ts'
import { caseRoutes } from './case-routes.ts'
import { clientRoutes } from './client-routes.ts'
import { contentRoutes } from './content-routes.ts'
import { deliveryRoutes } from './delivery-routes.ts'
import { exchangeLogRoutes } from './exchange-log-routes.ts'
import { importRoutes } from './import-routes.ts'
import { logStateRoutes } from './log-state-routes.ts'
import { oauthRoutes } from './oauth-routes.ts'
import { peerRoutes } from './peer-routes.ts'
import { probeRoutes } from './probe-routes.ts'
import { procedureRoutes } from './procedure-routes.ts'
import { readsRoutes } from './reads-routes.ts'
import { receiptRoutes } from './receipt-routes.ts'
import { reconciliationRoutes } from './reconciliation-routes.ts'
import { registerRoutesOf } from './register-routes.ts'
import { settlementRoutes } from './settlement-routes.ts'
import { subjectRoutes } from './subject-routes.ts'
import { taskRoutes } from './task-routes.ts'
import { vaultRoutes } from './vault-routes.ts'

/** Every route of the local API; those of procedures and registers follow from their definitions. */
export function apiRoutes(procedures: readonly Procedure[], registers: readonly Register[]): Route[] {
  return [
    ...procedureRoutes(procedures),
    ...caseRoutes(procedures),
    ...contentRoutes(),
    ...taskRoutes(procedures),
    ...registers.flatMap((register) => registerRoutesOf(register, procedures)),
    ...importRoutes(procedures, registers),
    ...settlementRoutes(),
    ...agreementRoutes(),
    ...peerRoutes(),
    ...deliveryRoutes(),
    ...alertRoutes(),
    ...reconciliationRoutes(),
    ...logStateRoutes(),
    ...receiptRoutes(),
    ...exchangeLogRoutes(),
    ...readsRoutes(),
    ...clientRoutes(),
    ...oauthRoutes(),
    ...subjectRoutes(procedures, registers),
    ...vaultRoutes(),
    ...probeRoutes(),
  ]
}
