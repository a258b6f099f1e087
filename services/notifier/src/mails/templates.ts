/**
 * The mails as they lie on the disk: `<mail>/<locale>/{subject.txt, mail.txt, mail.html}`, Liquid in all three.
 * A file of the same path below TEMPLATE_FOLDER takes the place of ours, and a locale that only lies there is
 * added. Everything is read, parsed and tried at start, so that a fault in a template never meets a mail.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fallbacks } from '@latchkey/locale';
import { Liquid, type Template } from 'liquidjs';
import type { MailName } from '../delivery/delivery.ts';
import { mailNames, mailVariables, sampleVariables, type Variables } from './variables.ts';

/** Templates that cannot be used, one line each, naming the file. */
export class TemplateError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.name = 'TemplateError';
    this.faults = faults;
  }
}

export interface RenderedTemplates {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** The locale that was found. */
  readonly locale: string;
}

export interface Templates {
  /** The locale in which a mail would be written to a reader of `locale`: exact, its language, else English. */
  localeFor(mail: MailName, locale: string): string;
  render(mail: MailName, locale: string, variables: Variables): RenderedTemplates;
  locales(mail: MailName): readonly string[];
}

const PARTS = ['subject.txt', 'mail.txt', 'mail.html'] as const;
type Part = (typeof PARTS)[number];
type Parsed = Readonly<Record<Part, readonly Template[]>>;

const ownFolder = join(import.meta.dirname, '..', '..', 'mails');

/** No file may be included from a template: all of it stands in the one file. */
const options = { strictVariables: true, strictFilters: true, templates: {}, ownPropertyOnly: true } as const;
const plain = new Liquid(options);
const escaping = new Liquid({ ...options, outputEscape: 'escape' });
function engineFor(part: Part): Liquid {
  return part === 'mail.html' ? escaping : plain;
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new TemplateError([`${path}: cannot be read`]);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
}

/** Parses a template and tries it; also on the branches that the sample does not take, by static analysis. */
function parse(mail: MailName, part: Part, path: string, source: string): readonly Template[] {
  const engine = engineFor(part);
  const known: readonly string[] = mailVariables[mail];
  try {
    const template = engine.parse(source);
    const unknown = engine.globalVariablesSync(template).filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      throw new Error(`no such variable: ${unknown.join(', ')}; there are ${known.join(', ')}`);
    }
    const output = String(engine.renderSync(template, pick(known, sampleVariables)));
    if (output.trim() === '') throw new Error('is empty');
    return template;
  } catch (error) {
    throw new TemplateError([`${path}: ${reason(error)}`]);
  }
}

function pick(names: readonly string[], from: Variables): Variables {
  return Object.fromEntries(names.map((name) => [name, from[name] ?? '']));
}

/** The file of ours that `folders` override, the last first. */
async function loadPart(
  mail: MailName,
  locale: string,
  part: Part,
  folders: readonly string[],
): Promise<readonly Template[]> {
  for (const folder of folders.toReversed()) {
    const path = join(folder, mail, locale, part);
    const source = await readIfThere(path);
    if (source !== undefined) return parse(mail, part, path, source);
  }
  throw new TemplateError([`${join(folders.at(-1) ?? '', mail, locale, part)}: is missing`]);
}

async function loadFolder(override: string): Promise<readonly string[]> {
  const isFolder = await stat(override).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return [`TEMPLATE_FOLDER: ${override} is not a folder`];
  const unknown = (await foldersIn(override)).filter(
    (name) => !(mailNames as readonly string[]).includes(name),
  );
  return unknown.map(
    (name) => `${join(override, name)}: there is no such mail; there are ${mailNames.join(', ')}`,
  );
}

function localeFault(folder: string, locale: string): readonly string[] {
  const found = fallbacks(locale)[0];
  return found === locale
    ? []
    : [`${join(folder, locale)}: is not a language tag in its usual form (en, pt-BR)`];
}

/**
 * @param override TEMPLATE_FOLDER
 * @throws TemplateError with every fault there is.
 */
export async function loadTemplates(override?: string): Promise<Templates> {
  const faults: string[] = override ? [...(await loadFolder(override))] : [];
  const folders = override ? [ownFolder, override] : [ownFolder];
  const parsed = new Map<MailName, Map<string, Parsed>>();
  for (const mail of mailNames) {
    const found = await Promise.all(folders.map((folder) => foldersIn(join(folder, mail))));
    const locales = new Map<string, Parsed>();
    for (const locale of new Set(found.flat())) {
      faults.push(...localeFault(mail, locale));
      const parts = await Promise.allSettled(PARTS.map((part) => loadPart(mail, locale, part, folders)));
      for (const each of parts) if (each.status === 'rejected') faults.push(...faultsOf(each.reason));
      const [subject, text, html] = parts.map((each) => (each.status === 'fulfilled' ? each.value : []));
      locales.set(locale, { 'subject.txt': subject ?? [], 'mail.txt': text ?? [], 'mail.html': html ?? [] });
    }
    parsed.set(mail, locales);
  }
  if (faults.length > 0) throw new TemplateError(faults);
  return templatesFrom(parsed);
}

function faultsOf(error: unknown): readonly string[] {
  return error instanceof TemplateError ? error.faults : [reason(error)];
}

function templatesFrom(parsed: ReadonlyMap<MailName, ReadonlyMap<string, Parsed>>): Templates {
  function localeFor(mail: MailName, locale: string): string {
    const known = parsed.get(mail);
    // To take a locale apart is dear, and nearly every mail names one that is there.
    return known?.has(locale) ? locale : (fallbacks(locale).find((each) => known?.has(each)) ?? 'en');
  }

  return {
    localeFor,
    locales: (mail) => [...(parsed.get(mail)?.keys() ?? [])].sort(),
    render(mail, wanted, variables) {
      const locale = localeFor(mail, wanted);
      const parts = parsed.get(mail)?.get(locale);
      if (!parts) throw new TemplateError([`${mail}/${locale}: is missing`]);
      const known = pick(mailVariables[mail], variables);
      const fill = (part: Part): string => String(engineFor(part).renderSync([...parts[part]], known));
      return {
        subject: fill('subject.txt').replace(/\s+/g, ' ').trim(),
        html: fill('mail.html'),
        text: fill('mail.txt'),
        locale,
      };
    },
  };
}
