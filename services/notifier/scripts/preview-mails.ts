/**
 * Shows every mail in every locale with example data, in a browser: as HTML, as plain text, and as raw source.
 * `node services/notifier/scripts/preview-mails.ts`
 */

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatInstantInWords } from '@latchkey/locale';
import { DAY_MS } from '@latchkey/process';
import { allMailDefinitions } from '../mails/index.ts';
import { composeMessage } from '../src/adapters/message.smtp.ts';
import { getExampleVariables, type MailDefinition } from '../src/mails/define-mail.ts';
import { loadMailTemplates, type MailTemplates } from '../src/mails/templates.ts';
import { formatDuration } from '../src/mails/words.ts';
import { wrapLongLines } from '../src/mails/wrap-text.ts';

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (each) => entities[each] ?? each);
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 1440px; padding: 24px; }
h1 { font-size: 20px; } h2 { font-size: 16px; margin: 40px 0 8px; }
section { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr) auto; align-items: start; }
iframe { border: 1px solid #8885; border-radius: 8px; width: 100%; height: 760px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; padding: 16px; border: 1px solid #8885; border-radius: 8px; }
.text { width: 72ch; max-width: 100%; box-sizing: content-box; } details pre { max-height: 400px; overflow: auto; }
@media (max-width: 1280px) { section { grid-template-columns: minmax(0, 1fr); } }`;

function sampleFor(mail: MailDefinition, locale: string) {
  const now = new Date();
  return {
    ...getExampleVariables(mail),
    locale,
    occurred_at: formatInstantInWords(now, locale),
    expires_in: formatDuration(DAY_MS, locale),
    expires_at: formatInstantInWords(new Date(now.getTime() + DAY_MS), locale),
  };
}

/** Returns the raw source of a mail, as the notifier would send it. */
async function rawOf(
  mail: { readonly subject: string; readonly html: string; readonly text: string },
  locale: string,
) {
  const sent = { ...mail, locale, id: randomUUID(), correlationId: 'request-1', date: new Date() };
  const from = { name: 'Latchkey', address: 'no-reply@example.com' };
  const { content } = await composeMessage({ ...sent, to: 'ada@example.com' }, { from });
  return content.toString('latin1');
}

async function sectionFor(templates: MailTemplates, mail: MailDefinition, locale: string): Promise<string> {
  const { name } = mail;
  const rendered = templates.render(name, locale, sampleFor(mail, locale));
  const { subject, html, text } = rendered;
  const title = `${name} · ${escapeHtml(locale)} · ${escapeHtml(subject)}`;
  return `<h2 id="${escapeHtml(`${name}-${locale}`)}">${title}</h2>
<section><iframe sandbox title="${name} ${escapeHtml(locale)}" srcdoc="${escapeHtml(html)}"></iframe>
<pre class="text">${escapeHtml(wrapLongLines(text))}</pre></section>
<details><summary>Source</summary><pre>${escapeHtml(await rawOf(rendered, locale))}</pre></details>`;
}

/**
 * The section about bounces and complaints in the preview. It only explains where operators see them, because
 * no mail is sent about a bounce or a complaint.
 */
const REPORTS = `<h2 id="reports">Bounces and complaints</h2><p>Nobody gets a mail about them: the address takes none.
Operators see them with <code>npm run ops -- deliveries list --state bounced,complained</code> and
<code>npm run ops -- suppressions list</code>. Sessions that ended because of a reused refresh token:
<a href="#sessions-ended-en">sessions-ended</a>.</p>`;

async function show(templates: MailTemplates): Promise<string> {
  const wanted = allMailDefinitions.flatMap((mail) =>
    templates.locales(mail.name).map((locale) => ({ mail, locale })),
  );
  const sections = await Promise.all(wanted.map(({ mail, locale }) => sectionFor(templates, mail, locale)));
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mails</title><style>${STYLE}</style><h1>Mails, with example data</h1>${sections.join('\n')}${REPORTS}</html>`;
}

/**
 * Read the templates again for each page, so that an edit shows on reload. A fault in a template is shown as
 * text.
 */
const server = createServer((_request, response) => {
  loadMailTemplates(process.env['TEMPLATE_FOLDER'])
    .then(show)
    .then(
      (page) => response.setHeader('Content-Type', 'text/html; charset=utf-8').end(page),
      (error: unknown) =>
        response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' }).end(String(error)),
    );
});

server.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(
    `Mails: http://127.0.0.1:${port}/\nIt runs until you press Ctrl-C. Reload the page after an edit.\n`,
  );
});
