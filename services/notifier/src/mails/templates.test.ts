import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { allMailDefinitions } from '../../mails/index.ts';
import { accountExistsMail, resetPasswordMail, verifyEmailMail, welcomeMail } from '../../mails/registry.ts';
import { compileMail, findMailSources, getCompiledMailPath } from '../../scripts/compile-mails.ts';
import { getExampleVariables, linkVariableNames, type MailDefinition } from './define-mail.ts';
import { BUILT_IN_TEMPLATES_FOLDER, loadMailTemplates, MailTemplateError } from './templates.ts';

/** The languages that every mail must have. A mail that lacks the requested language is sent in English. */
const SHIPPED = ['de', 'en'];
const TRANSLATED = ['es', 'fr', 'pt-BR'];

describe('the mails as they are shipped', () => {
  it('are compiled from their sources', async () => {
    const sources = await findMailSources();
    assert.ok(sources.length >= allMailDefinitions.length * SHIPPED.length);
    for (const source of sources) {
      assert.equal(await readFile(getCompiledMailPath(source), 'utf8'), await compileMail(source), source);
    }
  });

  for (const mail of allMailDefinitions) {
    const examples = getExampleVariables(mail);

    it(`${mail.name}: is written in English and German at least, and loads nothing from elsewhere`, async () => {
      const templates = await loadMailTemplates();
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
      const templates = await loadMailTemplates();
      for (const locale of templates.locales(mail.name)) {
        const { html, text } = templates.render(mail.name, locale, examples);
        assert.ok(html.includes(`href="${link}"`) && html.includes(`>${link}</a>`) && text.includes(link));
      }
    });
  }

  it('have the subjects that clients know', async () => {
    const templates = await loadMailTemplates();
    function subject(mail: MailDefinition) {
      return templates.render(mail.name, 'en', getExampleVariables(mail)).subject;
    }
    assert.equal(subject(verifyEmailMail), 'Verify your email');
    assert.equal(subject(resetPasswordMail), 'Reset your password');
    assert.equal(subject(welcomeMail), `Welcome to ${getExampleVariables(welcomeMail)['app_name']}`);
  });

  it('name the app in the subject of a welcome, in all languages', async () => {
    const templates = await loadMailTemplates();
    const variables = { ...getExampleVariables(welcomeMail), app_name: 'Example Books' };
    for (const locale of templates.locales('welcome'))
      assert.match(templates.render('welcome', locale, variables).subject, / Example Books$/);
  });

  it('continue in lower case after the comma of a German greeting, unless a polite form follows', async () => {
    const templates = await loadMailTemplates();
    for (const mail of allMailDefinitions) {
      const { text } = templates.render(mail.name, 'de', getExampleVariables(mail));
      const first = /^Guten Tag .*,\n\n(\S+)/.exec(text)?.[1] ?? 'ohne';
      assert.match(first, /^(\p{Ll}|Sie$|Ihre?$)/u, mail.name);
    }
  });

  it('escape what they are given in HTML, and not in text', async () => {
    const templates = await loadMailTemplates();
    const app = '<b>A&B</b>';
    const { html, text } = templates.render('account-exists', 'en', {
      ...getExampleVariables(accountExistsMail),
      app_name: app,
    });
    assert.ok(!html.includes(app) && html.includes('&lt;b&gt;A&amp;B&lt;/b&gt;'));
    assert.ok(text.includes(app));
  });

  it('fall back from the exact locale to its language to English', async () => {
    const templates = await loadMailTemplates();
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
    const error: unknown = await loadMailTemplates(folder).catch((reason: unknown) => reason);
    assert.ok(error instanceof MailTemplateError);
    assert.equal(error.faults.length, 1);
    return error.message;
  }

  it('takes the place of single files', async () => {
    await write('verify-email/en/mail.html', '<a href="{{ verify_url }}">Hi {{ username }}</a>');
    const examples = getExampleVariables(verifyEmailMail);
    const { html, subject } = (await loadMailTemplates(folder)).render('verify-email', 'en', examples);
    assert.equal(html, `<a href="${examples['verify_url']}">Hi ada</a>`);
    assert.equal(subject, 'Verify your email');
  });

  it('adds a locale if it has all three files', async () => {
    await cp(join(BUILT_IN_TEMPLATES_FOLDER, 'welcome', 'en'), join(folder, 'welcome', 'it'), {
      recursive: true,
    });
    assert.equal((await loadMailTemplates(folder)).localeFor('welcome', 'it-CH'), 'it');
    await rm(join(folder, 'welcome', 'it', 'mail.txt'));
    await assert.rejects(loadMailTemplates(folder), /it.mail\.txt: is missing/);
  });

  it('may hold all of our own templates, which pass the checks at start', async () => {
    for (const { name } of allMailDefinitions)
      await cp(join(BUILT_IN_TEMPLATES_FOLDER, name), join(folder, name), { recursive: true });
    await loadMailTemplates(folder);
  });

  it('may be a volume of Kubernetes, whose folders are links into a hidden folder', async () => {
    await write('..2026_11_30/verify-email/en/subject.txt', 'Hello');
    await mkdir(join(folder, 'lost+found'));
    await symlink('..2026_11_30', join(folder, '..data'));
    await symlink(join('..data', 'verify-email'), join(folder, 'verify-email'));
    const templates = await loadMailTemplates(folder);
    const { subject } = templates.render('verify-email', 'en', getExampleVariables(verifyEmailMail));
    assert.equal(subject, 'Hello');
  });

  it('may link to the folder of a language, but a link to a file is no folder', async () => {
    await write('..data/en/subject.txt', 'Hello');
    await mkdir(join(folder, 'verify-email'));
    await symlink(join('..', '..data', 'en'), join(folder, 'verify-email', 'it'));
    await symlink(join('..', '..data', 'en', 'subject.txt'), join(folder, 'verify-email', 'notes'));
    await assert.rejects(loadMailTemplates(folder), ({ faults }: MailTemplateError) => {
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
    await assert.rejects(loadMailTemplates(join(folder, 'nowhere')), /TEMPLATE_FOLDER: .* is not a folder/);
    assert.match(await faultOf('welcom/en/mail.html', 'x'), /welcom: there is no such mail/);
  });
});
