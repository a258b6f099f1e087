import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMailLinks } from './links.ts';
import { formatDuration } from './words.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('an expiry in words', () => {
  for (const [ms, english, german] of [
    [24 * HOUR - 2 * SECOND, '24 hours', '24 Stunden'],
    [HOUR - 2 * SECOND, '1 hour', '1 Stunde'],
    [HOUR - 5 * MINUTE, '55 minutes', '55 Minuten'],
    [119 * MINUTE, '119 minutes', '119 Minuten'],
    [47 * HOUR, '47 hours', '47 Stunden'],
    [72 * HOUR - 10 * MINUTE, '2 days', '2 Tage'],
    [5 * SECOND, '1 minute', '1 Minute'],
  ] as const) {
    it(`says ${english} for ${ms} ms`, () => {
      assert.equal(formatDuration(ms, 'en'), english);
      assert.equal(formatDuration(ms, 'de'), german);
    });
  }
});

describe('links in mails', () => {
  const PUBLIC_URL = 'https://accounts.example.com/';

  it('lead to the pages of the API, to the client app, or to a configured address', () => {
    const pages = createMailLinks({ PUBLIC_URL });
    assert.equal(pages.forToken('verification', 't'), `${PUBLIC_URL}api/v1/auth/verify/t`);
    assert.equal(pages.forToken('reset', 't'), `${PUBLIC_URL}api/v1/auth/password-reset-confirm/t`);
    const app = createMailLinks({ PUBLIC_URL, FRONTEND_URL: 'https://app.example.com' });
    assert.equal(app.forToken('verification', 't'), 'https://app.example.com/verify?token=t');
    assert.equal(app.forToken('reset', 't'), 'https://app.example.com/reset-password?token=t');
    const own = createMailLinks({ PUBLIC_URL, RESET_LINK: 'app://reset/{token}/go' });
    assert.equal(own.forToken('reset', 't'), 'app://reset/t/go');
  });

  it('have a setting for each page of the client app, which overrides FRONTEND_URL', () => {
    const links = createMailLinks({
      PUBLIC_URL,
      FRONTEND_URL: 'https://app.example.com',
      VERIFY_LINK: 'app://verify/{token}',
      RESET_LINK: 'app://reset/{token}',
      EMAIL_CHANGE_LINK: 'app://change/{token}',
      EMAIL_UNDO_LINK: 'app://undo/{token}',
    });
    assert.equal(links.forToken('verification', 't'), 'app://verify/t');
    assert.equal(links.forToken('reset', 't'), 'app://reset/t');
    assert.equal(links.forToken('email-change', 't'), 'app://change/t');
    assert.equal(links.forToken('email-undo', 't'), 'app://undo/t');
  });
});
