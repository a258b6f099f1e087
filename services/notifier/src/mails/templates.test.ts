import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { mails } from '../../mails/index.ts';
import { accountExists, resetPassword, verifyEmail, welcome } from '../../mails/registry.ts';
import { compiledPath, compileMail, mailSources } from '../../scripts/compile-mails.ts';
import { exampleVariablesOf, linkVariableNames, type Mail } from './define-mail.ts';
import { builtInTemplatesFolder, loadTemplates, TemplateError } from './templates.ts';

/** The languages that every mail must have. A mail that lacks the requested language is sent in English. */
const SHIPPED = ['de', 'en'];
const TRANSLATED = ['es', 'fr', 'pt-BR'];

describe('the mails as they are shipped', () => {
  it('are compiled from their sources', async () => {
    const sources = await mailSources();
    assert.ok(sources.length >= mails.length * SHIPPED.length);
    for (const source of sources) {
      assert.equal(await readFile(compiledPath(source), 'utf8'), await compileMail(source), source);
    }
  });

  for (const mail of mails) {
    const examples = exampleVariablesOf(mail);

    it(`${mail.name}: is written in English and German at least, and loads nothing from elsewhere`, async () => {
      const templates = await loadTemplates();
      const locales = templates.locales(mail.name);
      assert.deepEqual(
        locales.filter((locale) => !TRANSLATED.includes(locale)),
        SHIPPED,
      );
      for (const locale of locales) {
        const { html, text, subject } = templates.render(mail.name, locale, examples);
        assert.ok(subject.length > 0 && !subject.includes('\n'));
        assert.doesNotMatch(html, /<img|<script|<link|@import|url\(|src=/);
        for (const body of [html, text]) assert.doesNotMatch(body, /\{\{|\{%|undefined/);
      }
    });

    if (!mail.link) continue;
    const link = examples[linkVariableNames[mail.link]] ?? assert.fail('no link');

    it(`${mail.name}: carries its link behind a button, bare, and in the text`, async () => {
      const templates = await loadTemplates();
      for (const locale of templates.locales(mail.name)) {
        const { html, text } = templates.render(mail.name, locale, examples);
        assert.ok(html.includes(`href="${link}"`) && html.includes(`>${link}</a>`) && text.includes(link));
      }
    });
  }

  it('have the subjects that clients know', async () => {
    const templates = await loadTemplates();
    function subject(mail: Mail) {
      return templates.render(mail.name, 'en', exampleVariablesOf(mail)).subject;
    }
    assert.equal(subject(verifyEmail), 'Verify your email');
    assert.equal(subject(resetPassword), 'Reset your password');
    assert.equal(subject(welcome), `Welcome to ${exampleVariablesOf(welcome)['app_name']}`);
  });

  it('name the app in the subject of a welcome, in all languages', async () => {
    const templates = await loadTemplates();
    const variables = { ...exampleVariablesOf(welcome), app_name: 'Example Books' };
    for (const locale of templates.locales('welcome'))
      assert.match(templates.render('welcome', locale, variables).subject, / Example Books$/);
  });

  it('continue in lower case after the comma of a German greeting, unless a polite form follows', async () => {
    const templates = await loadTemplates();
    for (const mail of mails) {
      const { text } = templates.render(mail.name, 'de', exampleVariablesOf(mail));
      const first = /^Guten Tag .*,\n\n(\S+)/.exec(text)?.[1] ?? 'ohne';
      assert.match(first, /^(\p{Ll}|Sie$|Ihre?$)/u, mail.name);
    }
  });

  it('escape what they are given in HTML, and not in text', async () => {
    const templates = await loadTemplates();
    const app = '<b>A&B</b>';
    const { html, text } = templates.render('account-exists', 'en', {
      ...exampleVariablesOf(accountExists),
      app_name: app,
    });
    assert.ok(!html.includes(app) && html.includes('&lt;b&gt;A&amp;B&lt;/b&gt;'));
    assert.ok(text.includes(app));
  });

  it('fall back from the exact locale to its language to English', async () => {
    const templates = await loadTemplates();
    assert.equal(templates.localeFor('welcome', 'de-AT'), 'de');
    assert.equal(templates.localeFor('welcome', 'fr-CA'), 'fr');
    for (const locale of ['pt', 'pt-PT', 'pt-BR'])
      assert.equal(templates.localeFor('welcome', locale), 'pt-BR');
    assert.equal(templates.localeFor('welcome', 'it-CH'), 'en');
    assert.equal(templates.localeFor('welcome', '../../etc'), 'en');
  });
});

describe('TEMPLATE_FOLDER', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'latchkey-templates-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function write(path: string, content: string): Promise<void> {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }

  async function faultOf(path: string, content: string): Promise<string> {
    await write(path, content);
    const error: unknown = await loadTemplates(folder).catch((reason: unknown) => reason);
    assert.ok(error instanceof TemplateError);
    assert.equal(error.faults.length, 1);
    return error.message;
  }

  it('takes the place of single files', async () => {
    await write('verify-email/en/mail.html', '<a href="{{ verify_url }}">Hi {{ username }}</a>');
    const examples = exampleVariablesOf(verifyEmail);
    const { html, subject } = (await loadTemplates(folder)).render('verify-email', 'en', examples);
    assert.equal(html, `<a href="${examples['verify_url']}">Hi ada</a>`);
    assert.equal(subject, 'Verify your email');
  });

  it('adds a locale if it has all three files', async () => {
    await cp(join(builtInTemplatesFolder, 'welcome', 'en'), join(folder, 'welcome', 'it'), {
      recursive: true,
    });
    assert.equal((await loadTemplates(folder)).localeFor('welcome', 'it-CH'), 'it');
    await rm(join(folder, 'welcome', 'it', 'mail.txt'));
    await assert.rejects(loadTemplates(folder), /it.mail\.txt: is missing/);
  });

  it('may hold all of our own templates, which pass the checks at start', async () => {
    for (const { name } of mails)
      await cp(join(builtInTemplatesFolder, name), join(folder, name), { recursive: true });
    await loadTemplates(folder);
  });

  it('may be a volume of Kubernetes, whose folders are links into a hidden folder', async () => {
    await write('..2026_11_30/verify-email/en/subject.txt', 'Hello');
    await mkdir(join(folder, 'lost+found'));
    await symlink('..2026_11_30', join(folder, '..data'));
    await symlink(join('..data', 'verify-email'), join(folder, 'verify-email'));
    const templates = await loadTemplates(folder);
    const { subject } = templates.render('verify-email', 'en', exampleVariablesOf(verifyEmail));
    assert.equal(subject, 'Hello');
  });

  it('may link to the folder of a language, but a link to a file is no folder', async () => {
    await write('..data/en/subject.txt', 'Hello');
    await mkdir(join(folder, 'verify-email'));
    await symlink(join('..', '..data', 'en'), join(folder, 'verify-email', 'it'));
    await symlink(join('..', '..data', 'en', 'subject.txt'), join(folder, 'verify-email', 'notes'));
    await assert.rejects(loadTemplates(folder), ({ faults }: TemplateError) => {
      assert.deepEqual(
        faults.map((fault) => fault.slice(join(folder, 'verify-email').length + 1)).toSorted(),
        ['it/mail.html: is missing', 'it/mail.txt: is missing'],
      );
      return true;
    });
  });

  it('is refused at start for a variable that does not exist, also on a branch not taken', async () => {
    const fault = await faultOf(
      'welcome/en/mail.html',
      'x{% if username == "nobody" %}{{ passwrd }}{% endif %}',
    );
    assert.match(fault, /welcome.en.mail\.html: no such variable: passwrd/);
  });

  it('is refused at start for a template that cannot be parsed or is empty', async () => {
    assert.match(await faultOf('welcome/en/mail.html', '{% if %'), /mail\.html: /);
    assert.match(await faultOf('welcome/en/mail.html', ' \n'), /mail\.html: is empty/);
  });

  it('is refused at start for a mail that does not exist, and when it is no folder', async () => {
    await assert.rejects(loadTemplates(join(folder, 'nowhere')), /TEMPLATE_FOLDER: .* is not a folder/);
    assert.match(await faultOf('welcom/en/mail.html', 'x'), /welcom: there is no such mail/);
  });
});
