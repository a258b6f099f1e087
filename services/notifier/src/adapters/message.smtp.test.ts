import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { TEST_MAIL } from '../testing/smtp-client.ts';
import { composeMessage } from './message.smtp.ts';

const from = { name: 'Latchkey', address: 'noreply@example.com' };

describe('a composed mail', () => {
  it('contains every text unchanged in both parts', async () => {
    const line = fc
      .string({ unit: 'binary', maxLength: 100 })
      .map((text) => text.replaceAll(/[\r\n\0]/g, ''));
    const texts = fc.array(line, { minLength: 1, maxLength: 5 }).map((lines) => `${lines.join('\n')}\n.`);
    await fc.assert(
      fc.asyncProperty(texts, async (html) => {
        const { content } = await composeMessage(
          { ...TEST_MAIL, html, text: html.replaceAll(' ', '_') },
          { from },
        );
        const parsed = await PostalMime.parse(content);
        assert.equal(parsed.html, `${html}\n`);
        assert.equal(parsed.text, `${html.replaceAll(' ', '_')}\n`);
      }),
    );
  });

  it('has only lines that SMTP allows, so that they are sent unchanged', async () => {
    const html = `<p>${'grün '.repeat(50)}</p>\r<p>${'x'.repeat(2000)}</p>\r\n<p>=</p> \n`;
    const { content } = await composeMessage({ ...TEST_MAIL, html }, { from });
    const lines = content.toString().split('\r\n');
    assert.deepEqual(
      lines.filter((line) => /[\r\n]|[^ -~]|[ \t]$/.test(line)),
      [],
    );
    assert.ok(
      lines.every((line) => line.length <= 76),
      'a line is too long',
    );
    assert.equal(lines.at(-1), '');
  });
});
