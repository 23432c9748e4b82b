import { expect, test } from 'vitest'
import { isAddressRange, isExchangeUrl } from './address-range.ts'

test.each(['10.0.0.0/8', '0.0.0.0/0', '192.0.2.7/32', '::1/128', '2001:db8::/32', '::/0'])('%s is a range', (text) => {
  expect(isAddressRange(text)).toBe(true)
})

test.each([
  '',
  '10.0.0.0',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0/8',
  '010.0.0.0/8',
  '0x0a.0.0.0/8',
  '167772160/8',
  '10.0.0.256/8',
  '10.0.0.0/8/8',
  ' 10.0.0.0/8',
  '2001:DB8::/32',
  '2001:db8:0:0:0:0:0:0/32',
  '::1/129',
  '[::1]/128',
  'fe80::1%eth0/64',
  '::ffff:10.0.0.1/96',
])('"%s" is no range', (text) => {
  expect(isAddressRange(text)).toBe(false)
})

test.each(['https://hefu.example', 'https://hefu.example/', 'http://10.0.0.1:8090', 'http://[2001:db8::1]:8090/exchange'])(
  '%s is an address',
  (text) => {
    expect(isExchangeUrl(text)).toBe(true)
  },
)

test.each([
  'http://2130706433',
  'http://0x7f000001',
  'http://0177.0.0.1',
  'http://127.1',
  'http://hefu.example.',
  'http://HEFU.example',
  'http://user@hefu.example',
  'http://hefu.example@10.0.0.1',
  'http://hefu.example/?a',
  'http://hefu.example/#a',
  'http://hefu.example/../a',
  'http://[::ffff:127.0.0.1]',
  'http://[0:0:0:0:0:0:0:1]',
  'http://hefu.example:80',
  'ftp://hefu.example',
  '//hefu.example',
  'http://①②⑦.0.0.1',
])('%s is spelt in a way that hides where it leads', (text) => {
  expect(isExchangeUrl(text)).toBe(false)
})
