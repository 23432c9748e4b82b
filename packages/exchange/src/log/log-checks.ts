import type { Check } from '../readiness.ts'
import { isLate, type LogState } from './log-state.ts'

/** What readiness says of the exchange log; undefined: it could not be asked. */
export function logChecks(state: LogState | undefined): Check[] {
  if (state === undefined)
    return [{ name: 'log', ok: false, zh: '无法读取交换日志的状态', en: 'the state of the exchange log cannot be read' }]
  return [actsCheck(state), confirmedCheck(state), witnessedCheck(state), tilesCheck(state)]
}

function actsCheck(state: LogState): Check {
  const name = 'log'
  if (state.sealed) {
    return {
      name,
      ok: false,
      zh: '交换日志已封存：见证方掌握另一份历史；停止提交与接收，仅审计员可读。处理步骤见 docs/operating.md「日志已封存」',
      en: 'the exchange log is sealed: a witness knows another history; no submits, no inbox, reads for auditors only. What to do: docs/operating.md, "The log is sealed"',
    }
  }
  if (isLate(state)) {
    return {
      name,
      ok: false,
      zh: '待入日志的记录已超过 30 秒：停止提交、接收和读取；检查 sequencer 角色的进程及 HEFU_SEQUENCER_DATABASE_URL',
      en: 'entries have waited for the log for more than 30 s: no submits, no inbox, no reads; check the process with the role sequencer and HEFU_SEQUENCER_DATABASE_URL',
    }
  }
  return { name, ok: true, zh: '交换日志正常记录', en: 'the exchange log takes entries' }
}

function confirmedCheck({ confirmed, waiting, sealed }: LogState): Check {
  const name = 'log-confirmed'
  if (confirmed || sealed) return { name, ok: confirmed, ...(confirmed ? yes : no) }
  if (!waiting) {
    return {
      name,
      ok: false,
      zh: '没有进程推进交换日志：暂不接收对端报文；启动具有 sequencer 角色的进程',
      en: 'no process moves the exchange log: the inbox waits; start a process with the role sequencer',
    }
  }
  return {
    name,
    ok: false,
    zh: '等待多数见证方确认本地日志没有缺失：暂不接收对端报文；本地提交与读取照常。检查与对端节点的连接',
    en: 'waiting for a quorum of witnesses to confirm that nothing of the log is missing: the inbox waits, local submits and reads go on. Check the connection to the peers',
  }
}

const yes = { zh: '见证方已确认交换日志', en: 'the witnesses have confirmed the exchange log' }
const no = { zh: '见证方不确认交换日志', en: 'the witnesses do not confirm the exchange log' }

function witnessedCheck(state: LogState): Check {
  const name = 'log-witnessed'
  const minutes = state.witnessedMs === null ? null : Math.floor(state.witnessedMs / 60_000)
  if (state.unwitnessed) {
    return {
      name,
      ok: false,
      zh: `对端可达，但最近的见证检查点${minutes === null ? '尚不存在' : `已过 ${minutes} 分钟`}：查看日志 witness.no-cosignature 及对端节点的注册表`,
      en: `peers answer, but the newest witnessed checkpoint ${minutes === null ? 'does not exist yet' : `is ${minutes} minutes old`}: see the log lines witness.no-cosignature and the registry of the peers`,
    }
  }
  return { name, ok: true, zh: '检查点有见证', en: 'checkpoints are witnessed' }
}

function tilesCheck({ damaged }: LogState): Check {
  const name = 'log-tiles'
  if (damaged) {
    return {
      name,
      ok: false,
      zh: '交换日志的数据表与已签署的检查点不符，无法出具证明，见证方也不再联署：见警报 log.damaged 与 docs/operating.md',
      en: 'the tables of the exchange log do not fit what it has signed: nothing can be proven, and no witness is asked. See alert log.damaged and docs/operating.md',
    }
  }
  return { name, ok: true, zh: '交换日志的数据表未见损坏', en: 'no damage to the tables of the exchange log is known' }
}
