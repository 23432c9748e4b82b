import type { Text } from '@hefu/procedures'

export interface FailureText extends Text {
  readonly remedy: Text
}

/** Cause and remedy of a failed attempt, for operators; the cause codes are those of the outbox. */
export function failureText(cause: string): FailureText {
  return (
    texts[cause] ??
    (cause.startsWith('http-')
      ? httpText(cause)
      : cause.startsWith('deferred-')
        ? deferredText
        : cause.startsWith('receipt-')
          ? receiptText
          : networkText)
  )
}

const networkText: FailureText = {
  zh: '无法连接对端节点',
  en: 'the peer could not be reached',
  remedy: {
    zh: '检查网络和对端地址；报文会自动重发，无需操作',
    en: 'check the network and the address of the peer; delivery goes on by itself',
  },
}

const receiptText: FailureText = {
  zh: '对端的回答没有可验证的回执，不算送达',
  en: 'the answer held no verifiable receipt, so this is no delivery',
  remedy: {
    zh: '请联系对端运维，核对其密钥和中间代理；节点会继续重发',
    en: 'ask the peer’s operator about its key and any proxy in between; the node goes on trying',
  },
}

const deferredText: FailureText = {
  zh: '对端暂不能判断此报文',
  en: 'the peer cannot judge this message now',
  remedy: {
    zh: '节点会继续重发；若持续，请与对端核对时钟、注册表和流程版本',
    en: 'the node goes on trying; if it lasts, compare clocks, registry and procedure versions with the peer',
  },
}

function httpText(cause: string): FailureText {
  const status = cause.slice('http-'.length)
  return {
    zh: `对端或其代理答复 HTTP ${status}，没有签名回执`,
    en: `the peer or a proxy answered HTTP ${status} without a signed receipt`,
    remedy: {
      zh: '检查对端服务和代理的规则；报文会自动重发',
      en: 'look at the peer’s service and the rules of its proxy; delivery goes on by itself',
    },
  }
}

const texts: Record<string, FailureText> = {
  refused: {
    zh: '对端拒绝连接：服务可能未启动',
    en: 'connection refused: the peer may be down',
    remedy: {
      zh: '请确认对端节点在运行；恢复后数秒内自动续传',
      en: 'make sure the peer is running; delivery resumes within seconds of its return',
    },
  },
  timeout: {
    zh: '对端在时限内没有回答',
    en: 'no answer in time',
    remedy: {
      zh: '检查网络和对端负载；报文会自动重发，对端不会重复生效',
      en: 'look at the network and the peer’s load; delivery goes on, and nothing takes effect twice',
    },
  },
  name: {
    zh: '无法解析对端的主机名',
    en: 'the peer’s host name could not be resolved',
    remedy: { zh: '检查 DNS 和注册表中的地址', en: 'check DNS and the address in the registry' },
  },
  address: {
    zh: '对端地址不在注册表的地址段内，未连接',
    en: 'the peer’s address is outside the ranges of the registry; no connection was made',
    remedy: {
      zh: '核对注册表中该区域的 exchangeUrl 和 addresses，以及 DNS 的解析结果',
      en: 'compare exchangeUrl and addresses of the region in the registry with what DNS answers',
    },
  },
  'not-in-registry': {
    zh: '注册表中已没有该区域，未发送',
    en: 'the registry has no such region any more; nothing was sent',
    remedy: {
      zh: '与联合体管理方核对；该区域重新加入后自动续传，办件中可以看到未送达的文书',
      en: 'ask whoever keeps the registry; delivery resumes by itself when the region is back, and the case shows what was not delivered',
    },
  },
  tls: {
    zh: '与对端的 TLS 握手失败',
    en: 'the TLS handshake failed',
    remedy: { zh: '检查双方证书是否过期或不受信任', en: 'check whether a certificate has expired or is not trusted' },
  },
  'http-413': {
    zh: '对端或其代理认为报文过大（HTTP 413）',
    en: 'the peer or a proxy finds the message too large (HTTP 413)',
    remedy: {
      zh: '若报文超过 256 KiB，请机构缩短文书并重新制作；否则是中间代理的限制过小，请调到至少 8 MiB，报文会自动重发',
      en: 'if the message has more than 256 KiB, the agency writes a shorter document; otherwise a proxy in between allows too little: let it take 8 MiB, and delivery goes on by itself',
    },
  },
  'http-429': {
    zh: '对端请求放慢（HTTP 429）',
    en: 'the peer asks to be called less often (HTTP 429)',
    remedy: { zh: '无需操作；节点按 Retry-After 等待后自动重发', en: 'nothing: delivery goes on by itself after the time in Retry-After' },
  },
  'http-503': {
    zh: '对端暂停服务（HTTP 503）',
    en: 'the peer is unavailable for now (HTTP 503)',
    remedy: { zh: '等待对端恢复；报文会自动重发', en: 'wait for the peer; delivery goes on by itself' },
  },
  'deferred-clock': {
    zh: '对端认为本节点时钟超前',
    en: 'the peer finds this node’s clock ahead',
    remedy: { zh: '请校准双方时钟（NTP）', en: 'synchronise both clocks (NTP)' },
  },
  'deferred-registry': {
    zh: '对端的注册表较旧',
    en: 'the peer has an older registry',
    remedy: { zh: '请对端更新注册表', en: 'ask the peer to update its registry' },
  },
  'deferred-version': {
    zh: '对端尚不支持此流程版本',
    en: 'the peer does not know this version of the procedure yet',
    remedy: { zh: '请对端升级节点', en: 'ask the peer to upgrade its node' },
  },
}
