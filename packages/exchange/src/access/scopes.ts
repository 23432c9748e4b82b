import type { Procedure, Text } from '@hefu/procedures'
import type { Caller, Role } from '../context.ts'

/** One thing that a client may be allowed, and which roles may hold it. */
export interface ScopeEntry {
  readonly scope: string
  readonly roles: readonly Role[]
  readonly title: Text
}

/** What a route asks for that shows cases of every procedure: any one of theirs; the answer then holds only what the caller's scopes cover. */
export const ANY_PROCEDURE = { read: '{procedure}:read', write: '{procedure}:write' } as const

/** Everything beside the procedures. A role holds no scope of another: an operator cannot be given the reading of documents. */
const ofTheNode: readonly ScopeEntry[] = [
  entry('registers:read', ['officer'], '查看登记簿', 'read registers'),
  entry('registers:write', ['officer'], '写入登记簿', 'write registers'),
  entry('imports', ['officer'], '批量导入（另需目标的写权限）', 'import files (with the write scope of the target)'),
  entry('subject:access', ['officer'], '查阅本机构持有的一个人的全部信息', 'see everything the agency holds on one person'),
  entry('documents:recall', ['officer'], '召回本机构误发的文书', 'recall a document that the agency sent by mistake'),
  entry('erasure:order', ['officer'], '责令提前删除已办结办件的内容', 'order that the content of a final case is erased before its time'),
  entry('settlement-entries:read', ['officer'], '查看待清算条目', 'read settlement entries'),
  entry('sensitive', ['officer'], '查看敏感个人信息', 'see sensitive personal fields'),
  entry('agreements:read', ['officer', 'security'], '查看共享协议', 'see agreements'),
  entry('peers:read', ['operator'], '查看对端节点', 'see peers'),
  entry('peers:write', ['operator'], '暂停和恢复对端节点', 'pause and resume peers'),
  entry('deliveries:read', ['operator'], '查看送达', 'see deliveries'),
  entry('deliveries:write', ['operator'], '重试和重发送达', 'retry deliveries and send again'),
  entry('alerts:read', ['operator'], '查看告警', 'see alerts'),
  entry('alerts:write', ['operator'], '确认告警', 'acknowledge alerts'),
  entry('reconciliations:read', ['operator'], '查看核对', 'see reconciliations'),
  entry('reconciliations:write', ['operator'], '发起核对', 'request reconciliations'),
  entry('log-state:read', ['operator', 'auditor'], '查看交换日志的状况', 'see how the exchange log is'),
  entry('log-state:write', ['operator'], '开启后继日志', 'open the successor of a sealed log'),
  entry('vault:read', ['operator'], '查看静态数据密钥的状况', 'see the keys of data at rest'),
  entry('vault:write', ['operator'], '重新封装静态数据密钥', 'wrap the keys of data at rest anew'),
  entry('exchange-log:read', ['auditor'], '查看交换日志', 'read the exchange log'),
  entry('reads:read', ['auditor', 'officer'], '查看谁读取过本区域的数据', "see who read this region's data"),
  entry('receipts:read', ['auditor'], '查看回执', 'read receipts'),
  entry('clients:read', ['security'], '查看客户端', 'see clients'),
  entry('clients:write', ['security'], '管理客户端', 'administer clients'),
]

/** The closed list of this node's scopes: every procedure's, then the node's own. */
export function scopeTable(procedures: readonly Procedure[]): ScopeEntry[] {
  const newest = new Map(procedures.map((procedure) => [procedure.name, procedure]))
  return [...[...newest.values()].flatMap(ofProcedure), ...ofTheNode]
}

function ofProcedure({ name, title, restricted }: Procedure): ScopeEntry[] {
  const read = entry(`${name}:read`, ['officer', 'auditor'], `查看：${title.zh}`, `read: ${title.en}`)
  const write = entry(`${name}:write`, ['officer'], `办理：${title.zh}`, `write: ${title.en}`)
  if (restricted === undefined) return [read, write]
  const few: ScopeEntry = { scope: `${name}:${restricted.scope}`, roles: ['officer', 'auditor'], title: restricted.title }
  return [read, write, few]
}

function entry(scope: string, roles: readonly Role[], zh: string, en: string): ScopeEntry {
  return { scope, roles, title: { zh, en } }
}

/** All that a client of this role may be given. */
export function scopesOfRole(procedures: readonly Procedure[], role: Role): string[] {
  return scopeTable(procedures)
    .filter(({ roles }) => roles.includes(role))
    .map(({ scope }) => scope)
}

/** Whether the caller holds the scope, or, of `ANY_PROCEDURE`, that of any procedure. */
export function holdsScope(procedures: readonly Pick<Procedure, 'name'>[], { scopes }: Pick<Caller, 'scopes'>, scope: string): boolean {
  const [, action] = /^\{procedure\}:(\w+)$/.exec(scope) ?? []
  if (action === undefined) return scopes.has(scope)
  return procedures.some(({ name }) => scopes.has(`${name}:${action}`))
}
