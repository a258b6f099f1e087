import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createPalette } from '@latchkey/brand';
import { standardProblems } from '@latchkey/http';
import {
  createEmailChangeView,
  createEmailUndoView,
  createResetView,
  createVerificationView,
  findForms,
  findInput,
  findTags,
  getAttribute,
  getTitle,
  LINK_TOKEN,
  renderEveryPage,
} from './pages.fixture.ts';
import { createLinkPages, type LinkPageSettings } from './pages.ts';

const plain: LinkPageSettings = {
  publicPath: '',
  minLength: 10,
  brand: { name: 'Latchkey', palette: undefined, logo: undefined },
  frontendUrl: undefined,
};
const pages = createLinkPages(plain);

for (const locale of ['en', 'de', 'fr', 'es', 'pt-BR']) {
  for (const [name, html] of Object.entries(renderEveryPage(pages, locale))) {
    describe(`the page "${name}" in ${locale}`, () => {
      it('is a whole document in its language, with a title that is also its heading', () => {
        assert.match(html, /^<!doctype html>/);
        assert.equal(getAttribute(html, 'lang'), locale);
        const [, heading = ''] = /<h1>([^<]+)<\/h1>/.exec(html) ?? [];
        assert.equal(getTitle(html).replace(/^(Error|Fehler|Erreur|Erro)\s?: /, ''), `${heading} · Latchkey`);
        assert.doesNotMatch(html, /\{\{|\{%|undefined|null|\[object/);
      });

      it('has no inline script or style, and loads only its style sheet and its script', () => {
        const script = '<script type="module" src="/api/v1/auth/pages.js"></script>';
        assert.equal(html.split(script).length, 2);
        const rest = html.replace(script, '');
        assert.doesNotMatch(rest, /<script|<style|\sstyle=|\son[a-z]+=|<img|<svg|\ssrc=|https?:|\/\//);
        assert.deepEqual(
          findTags(html, 'link').map((tag) => getAttribute(tag, 'href')),
          ['/api/v1/auth/pages.css'],
        );
      });

      it('is not indexed, and is not sent as a referrer to other sites', () => {
        assert.match(html, /<meta name="robots" content="noindex">/);
        assert.match(html, /<meta name="referrer" content="no-referrer">/);
      });

      it('has the token only in the addresses of its forms', () => {
        assert.ok(!html.replaceAll(/ action="[^"]*"/g, '').includes(LINK_TOKEN));
      });

      it('labels every input, and describes it by what is there', () => {
        for (const tag of findTags(html, 'input')) {
          assert.match(html, new RegExp(`<label for="${getAttribute(tag, 'id')}">[^<]+<`));
          assert.notEqual(getAttribute(tag, 'autocomplete'), undefined);
        }
        const described = [...html.matchAll(/aria-describedby="([^"]*)"/g)].flatMap(([, ids = '']) =>
          ids.split(' '),
        );
        for (const id of described) assert.match(html, new RegExp(` id="${id}"`));
      });
    });
  }
}

describe('the page of a verification link', () => {
  const action = `/api/v1/auth/verify/${LINK_TOKEN}`;

  const rejection = `${action}/reject`;
  const elsewhere = { ...createVerificationView('en'), known: false };

  it('is one button in the browser that signed up, and another one to the page that asks again', () => {
    assert.deepEqual(findForms(pages.verification(createVerificationView('en'))), [
      { method: 'post', action, sends: [] },
      { method: 'get', action: rejection, sends: [] },
    ]);
  });

  it('asks in other browsers for the password, or for a new one', () => {
    const html = pages.verification(elsewhere);
    assert.deepEqual(findForms(html), [
      { method: 'post', action, sends: ['password'] },
      { method: 'post', action, sends: ['newPassword', 'confirmNewPassword'] },
      { method: 'get', action: rejection, sends: [] },
    ]);
    for (const [id, purpose] of [
      ['password', 'current-password'],
      ['newPassword', 'new-password'],
      ['confirmNewPassword', 'new-password'],
    ] as const) {
      assert.equal(getAttribute(findInput(html, id), 'type'), 'password');
      assert.equal(getAttribute(findInput(html, id), 'autocomplete'), purpose);
    }
  });

  it('asks again, on a page of its own, before it rejects', () => {
    const html = pages.rejection(createVerificationView('en'));
    assert.deepEqual(findForms(html), [
      { method: 'post', action, sends: ['reject'] },
      { method: 'get', action, sends: [] },
    ]);
    assert.match(html, /name="reject" value="true"/);
  });

  it('says who signed up and when, with the time zone, in the format of the locale', () => {
    const austrian = { ...createVerificationView('de-AT'), signedUpAt: new Date('2026-01-02T03:04:00Z') };
    const html = pages.verification(austrian);
    assert.match(html, /<html lang="de-AT">/);
    assert.match(
      html,
      /<time datetime="2026-01-02T03:04:00.000Z">2\.\u00a0Jänner\u00a02026 um 03:04\u00a0UTC<\/time>/,
    );
    assert.match(html, /<bdi translate="no">ada<\/bdi>/);
  });

  it('says that a used link was already used, and has no form', () => {
    const html = pages.verification({ ...createVerificationView('de'), used: true });
    assert.match(html, /bereits bestätigt/);
    assert.deepEqual(findForms(html), []);
  });

  it('shows a fault at its field, and opens the form that has it', () => {
    const wrong = pages.verification({
      ...elsewhere,
      fault: { field: 'password' },
    });
    assert.match(getTitle(wrong), /^Error: /);
    assert.equal(getAttribute(findInput(wrong, 'password'), 'aria-invalid'), 'true');
    assert.doesNotMatch(wrong, /<details[^>]* open/);
    const weak = pages.verification({ ...elsewhere, fault: { field: 'newPassword', code: 'common' } });
    assert.equal(getAttribute(findInput(weak, 'newPassword'), 'aria-invalid'), 'true');
    assert.match(weak, /<details[^>]* open/);
  });
});

describe('the page of a reset link', () => {
  it('sends the new password twice and nothing else, as the route refuses what it does not know', () => {
    assert.deepEqual(findForms(pages.reset(createResetView('en'))), [
      {
        method: 'post',
        action: `/api/v1/auth/password-reset-confirm/${LINK_TOKEN}`,
        sends: ['newPassword', 'confirmNewPassword'],
      },
    ]);
  });

  it('tells password managers whose new password it is', () => {
    const html = pages.reset(createResetView('en'));
    const account = findInput(html, 'account');
    assert.equal(getAttribute(account, 'value'), 'ada@example.com');
    assert.equal(getAttribute(account, 'autocomplete'), 'username');
    assert.match(account, / readonly>/);
    for (const id of ['newPassword', 'confirmNewPassword']) {
      assert.equal(getAttribute(findInput(html, id), 'type'), 'password');
      assert.equal(getAttribute(findInput(html, id), 'autocomplete'), 'new-password');
    }
  });

  it('shows a fault at the field that has it, next to the hint, and only there', () => {
    const fault = { field: 'confirmNewPassword', code: 'passwords_do_not_match' } as const;
    const html = pages.reset({ ...createResetView('de'), fault });
    assert.match(html, /id="confirmNewPassword-fault">Die Passwörter stimmen nicht überein/);
    assert.match(findInput(html, 'confirmNewPassword'), /aria-invalid="true"/);
    assert.equal(getAttribute(findInput(html, 'newPassword'), 'aria-describedby'), 'newPassword-hint');
    assert.doesNotMatch(findInput(html, 'newPassword'), /aria-invalid/);
  });

  it('speaks of a first password if there was none before', () => {
    assert.match(getTitle(pages.reset({ ...createResetView('en'), first: true })), /^Choose a password/);
    assert.match(getTitle(pages.reset(createResetView('en'))), /^Choose a new password/);
  });
});

describe('the pages of a change of address', () => {
  it('say whose account gets which address, in text that wraps', () => {
    const html = pages.emailChange(createEmailChangeView('en'));
    assert.match(html, /<dt>Username<\/dt><dd><bdi translate="no">ada<\/bdi>/);
    assert.match(
      html,
      /<label for="account">New email address<\/label>\s*<p [^>]*>countess@example\.com<\/p>/,
    );
    assert.equal(getAttribute(findInput(html, 'account'), 'autocomplete'), 'username');
  });

  it('name both addresses before the change is undone, and the way out for its owner', () => {
    const html = pages.emailUndo(createEmailUndoView('en'));
    assert.match(html, /<dt>Changed to<\/dt><dd><bdi translate="no">countess@example\.com</);
    assert.match(html, /<p [^>]*>ada@example\.com<\/p>/);
    assert.match(html, /If you changed the address yourself, close this page/);
    assert.doesNotMatch(pages.reset(createResetView('en')), /Changed to|close this page/);
  });
});

describe('a heading', () => {
  it('does not break at the hyphen of "e-mail"', () => {
    assert.match(pages.emailChange(createEmailChangeView('de')), /<h1>[^<]*E\u2011Mail-Adresse<\/h1>/);
    assert.match(pages.verification(createVerificationView('fr')), /<h1>[^<]*e\u2011mail<\/h1>/);
  });
});

describe('the page of a dead link', () => {
  for (const kind of ['verification', 'password-reset'] as const) {
    it(`offers a new link for ${kind}`, () => {
      const html = pages.deadLink({ locale: 'en', kind, state: 'expired' });
      assert.deepEqual(findForms(html), [
        { method: 'post', action: `/api/v1/auth/${kind}-request`, sends: ['email'] },
      ]);
      assert.equal(getAttribute(findInput(html, 'email'), 'type'), 'email');
      assert.equal(getAttribute(findInput(html, 'email'), 'autocomplete'), 'email');
    });
  }

  it('distinguishes an expired link from an invalid or superseded one', () => {
    function title(state: 'expired' | 'invalid' | 'incomplete') {
      return getTitle(pages.deadLink({ locale: 'en', kind: 'verification', state }));
    }
    assert.match(title('expired'), /expired/);
    assert.match(title('invalid'), /invalid/);
    assert.match(title('incomplete'), /incomplete/);
  });
});

describe('the page after a request by address', () => {
  it('does not tell whether there is an account', () => {
    for (const kind of ['verification', 'password-reset'] as const) {
      assert.match(pages.requested({ locale: 'en', kind }), /If there is an account/);
      assert.match(pages.requested({ locale: 'de', kind }), /Falls .* Konto/);
    }
  });
});

describe('the page of a problem', () => {
  it('explains a problem with a known code to a person', () => {
    for (const { code, title } of Object.values(standardProblems)) {
      const [en, de] = ['en', 'de'].map((locale) => getTitle(pages.problem({ locale, code, title })));
      assert.notEqual(en, de);
      assert.ok(!en?.includes(title));
    }
  });

  it('names the wait, if there is one, rounded up', () => {
    const limited = { code: 'rate_limited', title: 'Too Many Requests' };
    assert.match(pages.problem({ ...limited, locale: 'en', retryAfter: 841 }), /Try again in 15 minutes\./);
    assert.match(pages.problem({ ...limited, locale: 'de', retryAfter: 1 }), /in 1 Sekunde noch einmal\./);
  });

  it('of another code says what the API says, once', () => {
    const title = 'Account Disabled';
    const html = pages.problem({ locale: 'de', code: 'account_disabled', title, detail: 'Ask.' });
    assert.match(html, /<h1>Account Disabled<\/h1>\s*<p>Ask\.<\/p>/);
    assert.doesNotMatch(pages.problem({ locale: 'de', code: 'constructor', title, detail: title }), /<p>/);
  });
});

describe('a brand', () => {
  const palette = createPalette('#7a1fa2');

  it('is named in the title and the header', () => {
    const html = createLinkPages({ ...plain, brand: { ...plain.brand, name: 'A&B' } }).home({ locale: 'en' });
    assert.match(html, /<title>A&amp;B · A&amp;B<\/title>/);
    assert.match(html, /<span class="name">A&amp;B<\/span>/);
  });

  it('has no key before its name, unlike Latchkey', () => {
    const named = createLinkPages({ ...plain, brand: { ...plain.brand, name: 'Example Books' } });
    assert.match(pages.home({ locale: 'en' }), /<header class="brand key" /);
    assert.match(named.home({ locale: 'en' }), /<header class="brand" /);
    assert.match(named.stylesheet, /\.key::before/);
    assert.doesNotMatch(named.stylesheet, /\.brand::/);
  });

  it('colors both schemes by the style sheet', () => {
    const { stylesheet } = createLinkPages({ ...plain, brand: { ...plain.brand, palette } });
    const accents = [...stylesheet.matchAll(/--accent: (#\w+)/g)].map(([, color]) => color);
    assert.deepEqual(accents.slice(-2), [palette.light.accent, palette.dark.accent]);
  });

  it('shows its logo, and allows its origin alone', () => {
    const logo = {
      url: 'https://cdn.example.com/logo.png',
      origin: 'https://cdn.example.com',
      file: undefined,
    };
    const branded = createLinkPages({ ...plain, brand: { ...plain.brand, logo } });
    assert.match(
      branded.home({ locale: 'en' }),
      /<img class="logo" src="https:\/\/cdn\.example\.com\/logo\.png" alt="Latchkey">/,
    );
    assert.match(
      branded.headers['Content-Security-Policy'] ?? '',
      /img-src 'self' https:\/\/cdn\.example\.com;/,
    );
  });
});

describe('a client app', () => {
  const linked = createLinkPages({ ...plain, frontendUrl: 'https://app.example.com/' });

  it('is linked from the pages that report success', () => {
    for (const html of [
      linked.done('verified', { locale: 'en' }),
      linked.verification({ ...createVerificationView('en'), used: true }),
      linked.done('reset', { locale: 'en' }),
      linked.home({ locale: 'en' }),
      linked.done('email-changed', { locale: 'en' }),
      linked.emailChange({ ...createEmailChangeView('en'), used: true }),
      linked.done('email-undone', { locale: 'en' }),
    ]) {
      assert.match(html, /<a class="onward" href="https:\/\/app\.example\.com\/">Continue to Latchkey<\/a>/);
      assert.doesNotMatch(html, /close this page/);
    }
    assert.doesNotMatch(linked.done('rejected', { locale: 'en' }), /class="onward"/);
    assert.match(pages.done('verified', { locale: 'en' }), /You can close this page and sign in\./);
  });
});

describe('a page that leads nowhere', () => {
  const settings = { ...plain, publicPath: '/id' };
  function renderDeadEnds(frontendUrl: string | undefined, locale: string): readonly string[] {
    const own = createLinkPages({ ...settings, frontendUrl });
    return [
      own.problem({ locale, code: 'not_found', title: 'Not Found' }),
      own.deadErasure({ locale, state: 'invalid' }),
      own.deadLink({ locale, kind: 'verification', state: 'invalid' }),
      own.deadLink({ locale, kind: 'email-change', state: 'expired' }),
      own.deadLink({ locale, kind: 'email-undo', state: 'expired' }),
    ];
  }

  it('links to the page at / if there is no client app, in each language', () => {
    const texts = {
      en: 'Go to the start page',
      de: 'Zur Startseite',
      fr: 'Aller à la page d’accueil',
      es: 'Ir a la página de inicio',
      'pt-BR': 'Ir para a página inicial',
    };
    for (const [locale, text] of Object.entries(texts))
      for (const html of renderDeadEnds(undefined, locale)) {
        assert.ok(html.includes(`<a href="/id/">${text}</a>`), html);
        assert.doesNotMatch(html, /class="onward"/);
      }
  });

  it('links to the client app if there is one', () => {
    for (const html of renderDeadEnds('https://app.example.com/', 'en')) {
      assert.match(html, /<a class="onward" href="https:\/\/app\.example\.com\/">/);
      assert.doesNotMatch(html, /start page/);
    }
  });

  it('is no page that asks to go back or to try again', () => {
    const html = pages.problem({ locale: 'en', code: 'unavailable', title: 'Service Unavailable' });
    assert.doesNotMatch(html, /start page/);
  });
});

describe('text that strangers have chosen', () => {
  const hostile = `"><script>alert('1')</script>{{ texts }}&amp;`;
  const escaped = '&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;{{ texts }}&amp;amp;';

  it('is escaped, whatever it looks like', () => {
    for (const html of [
      pages.verification({ ...createVerificationView('en'), username: hostile }),
      pages.reset({ ...createResetView('en'), email: hostile }),
      pages.reset({ ...createResetView('en'), action: hostile }),
      pages.problem({ locale: 'en', title: hostile, detail: hostile }),
    ]) {
      assert.ok(html.includes(escaped));
      assert.doesNotMatch(html, /<script>/);
    }
  });

  it('cannot change the direction of the text around it', () => {
    const html = pages.verification({ ...createVerificationView('en'), username: 'a\u2069\u202eda' });
    assert.match(html, /<bdi translate="no">ada<\/bdi>/);
  });

  it('cannot set a language that is not supported', () => {
    for (const locale of ['it', 'en"><script>', '', 'constructor', 'x-de']) {
      assert.match(pages.done('verified', { locale }), /<html lang="en">/);
    }
  });
});

describe('the style sheet', () => {
  it('supports light and dark mode, breaks long words, and loads nothing', () => {
    assert.match(pages.stylesheet, /prefers-color-scheme: dark/);
    assert.match(pages.stylesheet, /overflow-wrap: anywhere/);
    assert.doesNotMatch(pages.stylesheet, /@import|url\(/);
  });

  it('has a rule for every class that the pages use', () => {
    const linked = createLinkPages({ ...plain, frontendUrl: 'https://app.example.com' });
    const html = [pages, linked].flatMap((each) => Object.values(renderEveryPage(each, 'en'))).join('');
    const classes = new Set(
      [...html.matchAll(/ class="([^"]*)"/g)].flatMap(([, names = '']) => names.split(' ')),
    );
    assert.ok(classes.size > 0);
    for (const name of classes) {
      assert.match(pages.stylesheet, new RegExp(`\\.${name}\\b`), name);
    }
  });
});
