import { dirname } from 'node:path'
import type { Federation } from './start-federation.ts'

/** The one line of `--json`. The top-level `pid` is the supervisor's. */
export function readyLine(federation: Federation): unknown {
  return {
    ready: true,
    pid: process.pid,
    policy: federation.policy,
    regions: federation.nodes.map((node) => ({
      region: node.region,
      name: node.name,
      api: node.api,
      exchange: node.exchange,
      tokens: node.tokens,
      clients: node.clients,
      databaseUrl: node.databaseUrl,
      pid: node.pid(),
    })),
  }
}

/** How to stop it, addresses, tokens and a first call, for a person at a terminal. */
export function describeForPeople(federation: Federation): string {
  const first = federation.nodes[0]
  const lines = [
    '',
    `沙箱已就绪（进程 ${process.pid}）。停止：按 Ctrl-C，或 kill ${process.pid}；只给 npx 发信号，到不了这个进程。`,
    `The sandbox is ready (pid ${process.pid}). To stop it: Ctrl-C, or kill ${process.pid}; a signal to npx alone does not reach it.`,
    ...federation.nodes.flatMap((node) => [
      '',
      `${node.name.zh} ${node.name.en} (${node.region})`,
      `  本地接口 API        ${node.api}    文档 docs ${node.api}/docs`,
      `  交换接口 exchange   ${node.exchange}`,
      `  经办 officer        ${node.tokens.officer}`,
      `  运维 operator       ${node.tokens.operator}`,
      `  安全 security       ${node.tokens.security}`,
      `  审计 auditor        ${node.tokens.auditor}`,
      `  密钥 client keys    ${dirname(node.clients.officer.keyFile)}`,
      `  数据库 database     ${node.databaseUrl}`,
    ]),
    '',
    `日志 logs: ${federation.dir}/logs`,
    `审计策略 audit policy: ${federation.policy}`,
    ...(first === undefined
      ? []
      : ['', '第一次调用 / a first call:', `  curl -H 'Authorization: Bearer ${first.tokens.officer}' ${first.api}/v1/cases`]),
    '',
  ]
  return lines.join('\n')
}
