/**
 * An address range as the registry names it: an IPv4 or IPv6 address in its one canonical text, `/`, the length of the prefix. Whether an
 * address lies in it is asked where connections are made.
 */
export function isAddressRange(text: string): boolean {
  const [address = '', length = '', more] = text.split('/')
  if (more !== undefined || !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return false
  if (isIpv4(address)) return Number(length) <= 32
  return isIpv6(address) && Number(length) <= 128
}

/** Four decimal numbers without leading zeros: 0177.0.0.1 and 2130706433 are other spellings of an address, and spellings hide things. */
function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) <= 255)
}

/** RFC 5952: the text that a URL parser writes. */
function isIpv6(text: string): boolean {
  if (!/^[0-9a-f:]{2,39}$/.test(text)) return false
  const url = `http://[${text}]/`
  return URL.canParse(url) && new URL(url).hostname === `[${text}]`
}

/**
 * Only an address, in its one canonical text: no credentials that would end up in logs, no query, no fragment, no host that a parser
 * would have to rewrite first (decimal, octal or short IPv4 addresses, capitals) and none with a dot at its end.
 */
export function isExchangeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol) || url.username + url.password + url.search + url.hash !== '') return false
  return !url.hostname.endsWith('.') && (url.href === text || url.href === `${text}/`)
}
