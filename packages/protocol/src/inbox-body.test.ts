import { expect, test } from 'vitest'
import { MAX_BODY_BYTES, MAX_MESSAGE_BYTES, MESSAGE_CONTENT_TYPE, MESSAGES_CONTENT_TYPE } from './constants.ts'
import { joinMessages, splitInboxBody } from './inbox-body.ts'

const split = (contentType: string | undefined, body: string) => splitInboxBody(contentType, Buffer.from(body))

test('one message is the whole body, untouched', () => {
  expect(split(MESSAGE_CONTENT_TYPE, 'a.b.c\n')).toEqual({ ok: true, tokens: ['a.b.c\n'] })
  expect(split('Application/Hefu-Message+JWT', 'a.b.c')).toEqual({ ok: true, tokens: ['a.b.c'] })
})

test('many messages are lines; only LF ends one, and only the last may lack it', () => {
  expect(split(MESSAGES_CONTENT_TYPE, joinMessages(['a', 'b']))).toEqual({ ok: true, tokens: ['a', 'b'] })
  expect(split(MESSAGES_CONTENT_TYPE, 'a\nb')).toEqual({ ok: true, tokens: ['a', 'b'] })
  expect(split(MESSAGES_CONTENT_TYPE, 'a\r\n\nb\n\n')).toEqual({ ok: true, tokens: ['a\r', '', 'b', ''] })
  expect(split(MESSAGES_CONTENT_TYPE, 'a\u2028b')).toEqual({ ok: true, tokens: [Buffer.from('a\u2028b').toString('latin1')] })
})

test.each([
  [undefined, 'a', 'content-type'],
  ['application/json', 'a', 'content-type'],
  [`${MESSAGE_CONTENT_TYPE}; charset=gbk`, 'a', 'content-type'],
  [`${MESSAGE_CONTENT_TYPE}, ${MESSAGES_CONTENT_TYPE}`, 'a', 'content-type'],
  [MESSAGE_CONTENT_TYPE, '', 'empty'],
  [MESSAGES_CONTENT_TYPE, '', 'empty'],
  [MESSAGE_CONTENT_TYPE, 'a'.repeat(MAX_MESSAGE_BYTES + 1), 'message-size'],
  [MESSAGES_CONTENT_TYPE, `b\n${'a'.repeat(MAX_MESSAGE_BYTES + 1)}\n`, 'message-size'],
  [MESSAGES_CONTENT_TYPE, 'a\n'.repeat(501), 'message-count'],
  [MESSAGES_CONTENT_TYPE, 'a'.repeat(MAX_BODY_BYTES + 1), 'body-size'],
] as const)('%s is refused (%#)', (contentType, body, code) => {
  expect(split(contentType, body)).toEqual({ ok: false, code })
})

test('exactly the limits pass', () => {
  expect(split(MESSAGES_CONTENT_TYPE, 'a\n'.repeat(500))).toMatchObject({ ok: true })
  expect(split(MESSAGE_CONTENT_TYPE, 'a'.repeat(MAX_MESSAGE_BYTES))).toMatchObject({ ok: true })
  const lines = joinMessages(Array.from({ length: 31 }, () => 'a'.repeat(MAX_MESSAGE_BYTES)))
  expect(split(MESSAGES_CONTENT_TYPE, lines.padEnd(MAX_BODY_BYTES, 'b'))).toMatchObject({ ok: true })
})
