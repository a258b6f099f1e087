import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatAttemptFailure, formatMaskedFirstLine, parseSmtpReply } from './reply.ts';

describe('a reply', () => {
  for (const [raw, code, enhanced, text] of [
    ['250 OK', 250, undefined, 'OK'],
    ['550', 550, undefined, ''],
    ['550 5.1.1 No such user', 550, '5.1.1', 'No such user'],
    [
      '550-5.1.1 No such user\n550 5.1.1 See https://example.com',
      550,
      '5.1.1',
      'No such user\nSee https://example.com',
    ],
    ["553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)", 553, '5.7.1', undefined],
    ['421 4.7.28 Rate', 421, '4.7.28', 'Rate'],
    ['554 5.7.1: Relay access denied', 554, undefined, '5.7.1: Relay access denied'],
    ['550 1.2.3.4 is listed', 550, undefined, '1.2.3.4 is listed'],
  ] as const) {
    it(`is parsed: ${JSON.stringify(raw)}`, () => {
      const reply = parseSmtpReply(raw);
      assert.equal(reply?.code, code);
      assert.equal(reply?.enhanced, enhanced);
      if (text !== undefined) assert.equal(reply?.text, text);
    });
  }

  it('is none without three digits at its beginning', () => {
    for (const raw of ['', 'hello', '55 no', '5500 no']) assert.equal(parseSmtpReply(raw), undefined);
  });
});

describe('the server’s words', () => {
  for (const [text, words] of [
    ['<ada@example.com>: Recipient address rejected', '<…>: Recipient address rejected'],
    ['ada@example.com... User unknown', '… User unknown'],
    ['"a b"@example.com is away', '… is away'],
    ['bounce+ada=40example.com@mx.example', '…'],
    ['User ada unknown', 'User … unknown'],
    ['User Ada unknown', 'User … unknown'],
    ['The canada office', 'The canada office'],
    ['first\nsecond', 'first'],
    ['a\u0000b\u202ec\td', 'a b c d'],
    ['грета@пример.рф нет', '… нет'],
    ["o'ada@example.com is away", '… is away'],
    ["<'@a.aa> is away", '<…> is away'],
    ["'ada@example.com' is away", "…' is away"],
  ] as const) {
    it(`name no address: ${JSON.stringify(text)}`, () => {
      assert.equal(formatMaskedFirstLine(text, { recipient: 'ada@example.com' }), words);
    });
  }

  it('are one short line without an @, whatever the server says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), fc.emailAddress(), (noise, address) => {
        const words = formatMaskedFirstLine(`${noise} <${address}> ${noise}`, { recipient: address });
        assert.ok(words.length <= 200 && !/[\r\n]/.test(words));
        assert.ok(!words.includes(address));
      }),
    );
  });

  it('follow the stage at which the server replied', () => {
    const failure = { stage: 'rcpt', code: 554, enhanced: '5.7.1', words: 'Relay access denied' } as const;
    assert.equal(formatAttemptFailure(failure), 'at RCPT TO: 554 5.7.1 Relay access denied');
    assert.equal(formatAttemptFailure({ stage: 'tls' }), 'at TLS');
  });
});
