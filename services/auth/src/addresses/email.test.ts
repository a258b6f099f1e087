import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { emailAddressSchema, parseEmail } from './email.ts';

const longest = `${'a'.repeat(64)}@${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.com`;

describe('an email address', () => {
  const taken: readonly (readonly [string, string, string])[] = [
    ['ada@example.com', 'ada@example.com', 'ada@example.com'],
    ['  Ada.Lovelace@Example.COM ', 'Ada.Lovelace@Example.COM', 'ada.lovelace@example.com'],
    ['ada+news@example.com', 'ada+news@example.com', 'ada+news@example.com'],
    [
      "o'hara!#$%&*/=?^_`{|}~-@example.com",
      "o'hara!#$%&*/=?^_`{|}~-@example.com",
      "o'hara!#$%&*/=?^_`{|}~-@example.com",
    ],
    ['ada@bücher.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example', 'ada@xn--bcher-kva.example'],
    ['ada@ｅｘａｍｐｌｅ.com', 'ada@example.com', 'ada@example.com'],
    ['ada@例え.テスト', 'ada@xn--r8jz45g.xn--zckzah', 'ada@xn--r8jz45g.xn--zckzah'],
    ['ada@a.b.c.d.example', 'ada@a.b.c.d.example', 'ada@a.b.c.d.example'],
    ['1@2.example', '1@2.example', '1@2.example'],
    [longest, longest, longest],
  ];
  for (const [text, stored, canonical] of taken) {
    test(`${JSON.stringify(text.slice(0, 40))} is accepted`, () => {
      assert.deepEqual(parseEmail(text), { stored, canonical });
    });
  }

  const refused: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['spaces alone', '   '],
    ['no @', 'ada.example.com'],
    ['two @', 'ada@home@example.com'],
    ['no local part', '@example.com'],
    ['no domain', 'ada@'],
    ['a domain of one label', 'ada@localhost'],
    ['a top-level domain alone', 'ada@example'],
    ['a name of the machine itself', 'ada@mail.localhost'],
    ['a dot at the start', '.ada@example.com'],
    ['a dot at the end of the local part', 'ada.@example.com'],
    ['two dots in a row', 'ada..l@example.com'],
    ['a quoted local part', '"ada"@example.com'],
    ['a comment', 'ada(home)@example.com'],
    ['a display name', 'Ada <ada@example.com>'],
    ['a list', 'ada@example.com,eve@example.com'],
    ['a space within', 'ada l@example.com'],
    ['a line break at the end', 'ada@example.com\r\n'],
    ['a line break within', 'ada@example.com\r\nBcc: eve@example.com'],
    ['a tab at the start', '\tada@example.com'],
    ['NUL', 'ada\0@example.com'],
    ['NUL in the domain', 'ada@exam\0ple.com'],
    ['a lone surrogate', 'ada\ud800@example.com'],
    ['a local part that is not ASCII', 'adä@example.com'],
    ['a no-break space', '\u00a0ada@example.com'],
    ['an IPv4 address', 'ada@127.0.0.1'],
    ['a short form of an IPv4 address', 'ada@127.1'],
    ['an address literal', 'ada@[127.0.0.1]'],
    ['a port', 'ada@example.com:25'],
    ['percent-encoding', 'ada@ex%61mple.com'],
    ['an underscore in the domain', 'ada@ex_ample.com'],
    ['a trailing dot', 'ada@example.com.'],
    ['an empty label', 'ada@example..com'],
    ['a label that begins with a hyphen', 'ada@-example.com'],
    ['a label that ends with a hyphen', 'ada@example-.com'],
    ['broken punycode', 'ada@xn--\u00fc.example'],
    ['a local part of 65', `${'a'.repeat(65)}@example.com`],
    ['a label of 64', `ada@${'b'.repeat(64)}.com`],
    ['255 characters', longest.replace('.com', '.info')],
    ['a million characters', `${'a'.repeat(1_000_000)}@example.com`],
  ];
  for (const [what, text] of refused) {
    test(`with ${what} is refused`, () => {
      assert.equal(parseEmail(text), undefined);
    });
  }

  test('is the same whether it is read as typed, as stored or as canonical', () => {
    const addresses = fc.oneof(
      fc.emailAddress(),
      fc.string({ unit: 'binary' }),
      fc.string().map((text) => `${text}@b.example`),
    );
    fc.assert(
      fc.property(addresses, (text) => {
        const address = parseEmail(text);
        if (address === undefined) return;
        assert.deepEqual(parseEmail(address.stored), address);
        assert.equal(parseEmail(address.canonical)?.canonical, address.canonical);
        assert.match(address.stored, /^[\x21-\x7e]+$/);
      }),
    );
  });

  test('in a body is read into both its forms, or refused without being quoted', () => {
    assert.deepEqual(emailAddressSchema.parse(' Ada@Example.com '), {
      stored: 'Ada@Example.com',
      canonical: 'ada@example.com',
    });
    const issues = emailAddressSchema.safeParse('eve at example').error?.issues ?? [];
    assert.equal(issues.length, 1);
    assert.doesNotMatch(JSON.stringify(issues), /eve/);
  });
});
