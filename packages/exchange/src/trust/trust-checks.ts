import { registryTerm } from '@hefu/protocol'
import type { Context } from '../context.ts'
import type { Check } from '../readiness.ts'

/** What readiness says of the registry and of the peers' keys. */
export function trustChecks(ctx: Pick<Context, 'federation' | 'region' | 'now'>): Check[] {
  return [registryCheck(ctx), keysCheck(ctx)]
}

function registryCheck({ federation, now }: Pick<Context, 'federation' | 'now'>): Check {
  const name = 'registry'
  const { exp } = federation
  const term = exp === undefined ? 'current' : registryTerm(exp, Math.floor(now() / 1000))
  if (exp === undefined || term === 'current') return { name, ok: true, zh: '联合体注册表有效', en: 'the registry is current' }
  const until = new Date(exp * 1000).toISOString()
  if (term === 'expiring') {
    return {
      name,
      ok: true,
      zh: `联合体注册表将于 ${until} 到期：请联合体管理方签发新版本`,
      en: `the registry ends at ${until}: ask those who administer the federation for a new one`,
    }
  }
  return {
    name,
    ok: false,
    zh: `联合体注册表已于 ${until} 到期：不再开立新办件${term === 'grace' ? '，在办件可继续 14 天' : '，报文收发已停止'}`,
    en: `the registry ended at ${until}: no new cases${term === 'grace' ? '; open ones go on for 14 days' : ', and nothing is sent or accepted'}`,
  }
}

function keysCheck({ federation, region, now }: Pick<Context, 'federation' | 'region' | 'now'>): Check {
  const nowSeconds = Math.floor(now() / 1000)
  const isUnknown = ({ keys }: (typeof federation.regions)[number]) => keys.every(({ until }) => until !== undefined && until < nowSeconds)
  const unknown = federation.regions.filter((one) => one.region !== region && isUnknown(one)).map((one) => one.region)
  const names = unknown.join(' ')
  return {
    name: 'peer-keys',
    ok: unknown.length === 0,
    zh: unknown.length === 0 ? '各对端的密钥清单已知' : `尚无有效的密钥清单：${names}；其报文暂不能核验`,
    en:
      unknown.length === 0
        ? 'the key manifests of all peers are known'
        : `no current key manifest of ${names}: their messages cannot be verified yet`,
  }
}
