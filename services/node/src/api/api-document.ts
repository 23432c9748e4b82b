import { scopeTable } from '@hefu/exchange'
import type { Procedure, Register } from '@hefu/procedures'
import { openApiOf } from '../http/openapi.ts'
import { apiRoutes } from './routes.ts'

export function apiDocument(procedures: readonly Procedure[], registers: readonly Register[]) {
  const scopes = Object.fromEntries(scopeTable(procedures).map(({ scope, title }) => [scope, `${title.zh} / ${title.en}`]))
  const info = {
    scopes,
    title: 'Hefu node, local API (合符节点 本地接口)',
    description:
      '面向本区域业务系统、运维与审计人员。每个操作的 x-hefu-roles 列出可调用的角色，x-hefu-scope 列出令牌须有的权限范围。 / For the business systems, operators and auditors of this region. `x-hefu-roles` names who may call an operation, `x-hefu-scope` what its token must allow. 错误为 application/problem+json，文本按 Accept-Language（zh、en）。 / Errors are problem details in the language of Accept-Language (zh, en); docs/errors.md lists the codes.',
  }
  return openApiOf(info, apiRoutes(procedures, registers))
}
