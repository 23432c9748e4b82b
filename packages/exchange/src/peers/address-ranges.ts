import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Whether a connection to this address may be made. */
export type AddressRule = (address: string) => boolean

/**
 * Addresses inside the ranges of the registry. Those that never lead to another machine, or lead to one that nobody chose, are refused
 * unless a range names nothing else: a range as wide as 0.0.0.0/0 opens neither this machine nor its cloud's metadata service.
 */
export function addressRule(ranges: readonly string[]): AddressRule {
  const allowed = new BlockList()
  const named = new BlockList()
  for (const range of ranges) {
    const [address, prefix, family] = partsOf(range)
    const isSpecial = special.check(address, family) && prefix >= (family === 'ipv4' ? 8 : 10)
    ;(isSpecial ? named : allowed).addSubnet(address, prefix, family)
  }
  return (text) => {
    const address = plainAddress(text)
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (isIP(address) === 0 || never.check(address, family)) return false
    return special.check(address, family) ? named.check(address, family) : allowed.check(address, family)
  }
}

/** The error of a name or an address that leads out of its ranges. */
export const OUTSIDE = 'HEFU_ADDRESS_OUTSIDE'

/**
 * Looks a name up and keeps only addresses that may be called, at every connection anew: whoever owns a name can let it lead elsewhere
 * between two look-ups. What is checked here is what the socket then connects to.
 */
export function guardedLookup(rule: AddressRule, resolve: typeof lookup = lookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0)
      const [first, ...others] = addresses.filter(({ address }) => rule(address))
      if (first === undefined) return done(Object.assign(new Error('an address outside the registry'), { code: OUTSIDE }), '', 0)
      return options.all === true ? done(null, [first, ...others]) : done(null, first.address, first.family)
    })
  }
}

/** An IPv4 address that is written as an IPv6 one is the IPv4 address. */
function plainAddress(text: string): string {
  const mapped = /^::ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i.exec(text)
  if (mapped === null) return text
  if (mapped[1] !== undefined) return mapped[1]
  const [high, low] = [Number.parseInt(mapped[2] ?? '', 16), Number.parseInt(mapped[3] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

function partsOf(range: string): [address: string, prefix: number, family: 'ipv4' | 'ipv6'] {
  const [address = '', prefix] = range.split('/')
  return [address, Number(prefix), isIP(address) === 4 ? 'ipv4' : 'ipv6']
}

function listOf(...ranges: string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) list.addSubnet(...partsOf(range))
  return list
}

/** "This host", link-local (metadata services of clouds), multicast, broadcast. */
const never = listOf('0.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/128', 'fe80::/10', 'ff00::/8')
/** This machine: for trial and tests, where a range says so itself. */
const special = listOf('127.0.0.0/8', '::1/128')
