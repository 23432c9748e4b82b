import { logLevels } from './forms.ts'

export type Hint = { readonly zh: string; readonly en: string }

const certificateHint: Hint = {
  zh: '须为 PEM 格式证书（含证书链）文件的路径，且须同时设置对应的 …_TLS_KEY',
  en: 'must be the path of a PEM certificate with its chain, together with the …_TLS_KEY that belongs to it',
}
const tlsKeyHint: Hint = {
  zh: '须为 PEM 格式私钥文件的路径，且须同时设置对应的 …_TLS_CERT',
  en: 'must be the path of a PEM key file, together with the …_TLS_CERT that belongs to it',
}
const rateHint: Hint = { zh: '须为 60 至 1000000 的整数', en: 'must be a whole number from 60 to 1000000' }
export const required: Hint = { zh: '必须设置', en: 'is required' }
export const hints: Readonly<Record<string, Hint>> = {
  HEFU_REGION: { zh: '须为六位区域代码，例如 510100', en: 'must be a region of six digits such as 510100' },
  HEFU_REGISTRY: { zh: '须为联合体注册表的路径或 http(s) 地址', en: 'must be the path or the http(s) address of the registry' },
  HEFU_FEDERATION_KEYS: {
    zh: '须为联合体公钥文件（JWK Set）的路径',
    en: "must be the path of the federation's public keys (a JWK set)",
  },
  HEFU_KEYS: {
    zh: '须为报文密钥目录的路径，内有 *.pem 和 manifest.jwt',
    en: 'must be the folder of the message keys, with *.pem and manifest.jwt in it',
  },
  HEFU_LOG_KEY: { zh: '须为交换日志 PKCS#8 私钥文件的路径', en: 'must be the path of the PKCS#8 key file of the exchange log' },
  HEFU_WITNESS_KEY: { zh: '须为见证 PKCS#8 私钥文件的路径', en: 'must be the path of the PKCS#8 key file of the witness' },
  HEFU_ACTOR_KEY: {
    zh: '须为 PKCS#8 私钥文件的路径，用于日志中人员的化名',
    en: 'must be the path of the PKCS#8 key file under which the log names persons',
  },
  HEFU_TOKEN_KEY: {
    zh: '须为访问令牌 PKCS#8 私钥文件的路径',
    en: 'must be the path of the PKCS#8 key file that signs access tokens',
  },
  HEFU_TOKEN_KEY_OTHER: {
    zh: '须为 PKCS#8 私钥文件的路径，其签发的访问令牌在轮换期间仍予接受',
    en: 'must be the path of the PKCS#8 key file whose access tokens are taken as well during a rotation',
  },
  HEFU_API_URL: {
    zh: '须为 http:// 或 https:// 地址，末尾无斜杠',
    en: 'must be an http:// or https:// address without a slash at its end',
  },
  HEFU_TOKEN_SECONDS: { zh: '须为 60 至 86400 的整数秒', en: 'must be a whole number of seconds from 60 to 86400' },
  HEFU_VAULT_KEY: { zh: '须为密钥加密密钥文件的路径', en: 'must be the path of the file of the key-encryption key' },
  HEFU_VAULT_KEY_OTHER: {
    zh: '须为更换期间另一把密钥加密密钥文件的路径',
    en: 'must be the path of the file of the other key-encryption key during an exchange',
  },
  HEFU_VAULT_EPOCHS: { zh: '须为时期密钥目录的路径', en: 'must be the path of the folder of the epoch keys' },
  HEFU_BACKUP_DAYS: { zh: '须为 1 至 400 的整数天', en: 'must be a whole number of days from 1 to 400' },
  HEFU_CLIENTS: { zh: '须为客户端文件的路径', en: 'must be the path of the clients file' },
  DATABASE_URL: { zh: '须为 postgres:// 地址', en: 'must be a postgres:// address' },
  HEFU_MIGRATION_DATABASE_URL: { zh: '须为 postgres:// 地址', en: 'must be a postgres:// address' },
  HEFU_SEQUENCER_DATABASE_URL: { zh: '须为 postgres:// 地址', en: 'must be a postgres:// address' },
  QUEUE_URL: { zh: '须为 postgres:// 或 redis:// 地址', en: 'must be a postgres:// or redis:// address' },
  HEFU_ROLES: {
    zh: '须为 api、exchange、worker、sequencer 中的若干项，以逗号分隔',
    en: 'must be some of api, exchange, worker and sequencer, separated by commas',
  },
  HEFU_API_HOST: { zh: '须为主机名或 IP 地址', en: 'must be a host name or an IP address' },
  HEFU_API_PORT: { zh: '须为 0 至 65535 的端口', en: 'must be a port from 0 to 65535' },
  HEFU_EXCHANGE_HOST: { zh: '须为主机名或 IP 地址', en: 'must be a host name or an IP address' },
  HEFU_EXCHANGE_PORT: { zh: '须为 0 至 65535 的端口', en: 'must be a port from 0 to 65535' },
  HEFU_API_TLS_CERT: certificateHint,
  HEFU_API_TLS_KEY: tlsKeyHint,
  HEFU_EXCHANGE_TLS_CERT: certificateHint,
  HEFU_EXCHANGE_TLS_KEY: tlsKeyHint,
  HEFU_EXCHANGE_TLS_CLIENT_CA: {
    zh: '须为 PEM 格式 CA 证书文件的路径，且须同时设置 HEFU_EXCHANGE_TLS_CERT；只有持其签发证书的对端可以连接',
    en: 'must be the path of a PEM file of authorities, together with HEFU_EXCHANGE_TLS_CERT: only peers with a certificate of theirs may connect',
  },
  HEFU_PEER_TLS_CA: {
    zh: '须为 PEM 格式 CA 证书文件的路径；只信任其签发的对端证书',
    en: 'must be the path of a PEM file of authorities: only certificates of theirs are believed of peers',
  },
  HEFU_CLIENT_REQUESTS_PER_MINUTE: rateHint,
  HEFU_PEER_REQUESTS_PER_MINUTE: rateHint,
  HEFU_REGISTRY_SECONDS: { zh: '须为 1 至 86400 的整数秒', en: 'must be a whole number of seconds from 1 to 86400' },
  HEFU_WITNESS_AGE_MINUTES: { zh: '须为 1 至 1440 的整数分钟', en: 'must be a whole number of minutes from 1 to 1440' },
  HEFU_LOG_LEVEL: { zh: `须为 ${logLevels.join('、')} 之一`, en: `must be one of ${logLevels.join(', ')}` },
  HEFU_STOP_WITH_PARENT: { zh: '须为 1 或 0', en: 'must be 1 or 0' },
}
