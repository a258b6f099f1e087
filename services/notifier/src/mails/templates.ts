/**
 * The templates of the mails: `<mail>/<locale>/{subject.txt, mail.txt, mail.html}`, each in Liquid. A file in
 * TEMPLATE_FOLDER replaces the built-in file with the same path. A locale that exists only in TEMPLATE_FOLDER
 * is added.
 * The templates in TEMPLATE_FOLDER are parsed and rendered once at startup, so that a fault in a template
 * never reaches a mail. The built-in templates are checked in the same way by a test. They are not parsed at
 * startup, because that would take a fifth of the startup time; each of them is parsed when it is first
 * needed.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { listFallbackLocales, parseLocale } from '@latchkey/locale';
import { ConfigError } from '@latchkey/process';
import { Liquid, type Template } from 'liquidjs';
import { allMailDefinitions } from '../../mails/index.ts';
import { getExampleVariables, type MailDefinition } from './define-mail.ts';

/** Thrown if mail templates are unusable. The message has one line per fault, which names the file. */
export class MailTemplateError extends ConfigError {
  constructor(faults: readonly string[]) {
    super(faults);
    this.name = 'MailTemplateError';
  }
}

/** A rendered mail, and the locale in which it was rendered. */
export interface RenderedMail {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  readonly locale: string;
}

/** The loaded templates of all mails in all locales. */
export interface MailTemplates {
  /**
   * Returns the best locale that a mail has: the requested locale, its language, a different locale of that
   * language, or English.
   */
  localeFor(mail: string, locale: string): string;
  /**
   * Renders a mail. @param locale one of `locales(mail)`
   * @throws MailTemplateError for a mail or locale without templates
   */
  render(mail: string, locale: string, variables: Readonly<Record<string, string>>): RenderedMail;
  locales(mail: string): readonly string[];
}

const PARTS = ['subject.txt', 'mail.txt', 'mail.html'] as const;
type Part = (typeof PARTS)[number];
/** A template that is parsed on the first call, and then returned on each call. */
type LazyTemplate = () => Template[];
type Parts = Readonly<Record<Part, LazyTemplate>>;
type ByLocale = ReadonlyMap<string, Parts>;

/** The folder of the templates that are part of this package. */
export const BUILT_IN_TEMPLATES_FOLDER = join(import.meta.dirname, '..', '..', 'mails');

/** The options of the template engine. With `templates: {}`, templates cannot include files. */
const options = { strictVariables: true, strictFilters: true, templates: {}, ownPropertyOnly: true } as const;
const plain = new Liquid(options);
const escaping = new Liquid({ ...options, outputEscape: 'escape' });

function engineFor(part: Part): Liquid {
  return part === 'mail.html' ? escaping : plain;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/**
 * Returns the names of the folders in a folder of mail templates, including symbolic links to folders. Leaves
 * out folders that contain no mails: those whose names begin with a dot, in which Kubernetes keeps the files
 * of a mounted ConfigMap, and `lost+found`, which exists at the root of a volume.
 */
async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter(({ name }) => !name.startsWith('.') && name !== 'lost+found')
      .map(async (entry) => {
        const linked = entry.isSymbolicLink() && (await isFolder(join(folder, entry.name)));
        return entry.isDirectory() || linked ? [entry.name] : [];
      }),
  );
  return found.flat();
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new MailTemplateError([`${path}: cannot be read`]);
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : '';
}

/** Creates a function that parses a template on its first call. */
function parseLater(part: Part, source: string): LazyTemplate {
  let template: Template[] | undefined;
  return () => {
    template ??= engineFor(part).parse(source);
    return template;
  };
}

/**
 * Parses a mail template, checks the names of its variables, and renders it with the examples. The check of
 * the names also covers branches that the examples do not reach.
 * @throws MailTemplateError if the template is unusable
 */
function parseAndCheck(mail: MailDefinition, part: Part, path: string, source: string): Template[] {
  const engine = engineFor(part);
  const known = Object.keys(mail.variables.shape);
  try {
    const template = engine.parse(source);
    const unknown = engine.globalVariablesSync(template).filter((name) => !known.includes(name));
    if (unknown.length > 0) {
      throw new Error(`no such variable: ${unknown.join(', ')}; there are ${known.join(', ')}`);
    }
    if (String(engine.renderSync(template, getExampleVariables(mail))).trim() === '')
      throw new Error('is empty');
    return template;
  } catch (error) {
    throw new MailTemplateError([`${path}: ${reason(error)}`]);
  }
}

/**
 * Reads one template file of a mail in one locale.
 * @param folders the folders to look in; later folders override earlier ones
 */
async function loadPart(
  mail: MailDefinition,
  locale: string,
  part: Part,
  folders: readonly string[],
): Promise<LazyTemplate> {
  for (const folder of folders.toReversed()) {
    const path = join(folder, mail.name, locale, part);
    const source = await readIfThere(path);
    if (source === undefined) continue;
    if (folder === BUILT_IN_TEMPLATES_FOLDER) return parseLater(part, source);
    const template = parseAndCheck(mail, part, path, source);
    return () => template;
  }
  throw new MailTemplateError([`${join(folders.at(-1) ?? '', mail.name, locale, part)}: is missing`]);
}

async function faultsOfFolder(override: string): Promise<readonly string[]> {
  if (!(await isFolder(override))) return [`TEMPLATE_FOLDER: ${override} is not a folder`];
  const names = allMailDefinitions.map(({ name }) => name);
  return (await foldersIn(override))
    .filter((folder) => !names.includes(folder))
    .map((folder) => `${join(override, folder)}: there is no such mail; there are ${names.join(', ')}`);
}

function faultsOfLocale(mail: MailDefinition, locale: string): readonly string[] {
  return listFallbackLocales(locale)[0] === locale
    ? []
    : [`${join(mail.name, locale)}: is not a language tag in its usual form (en, pt-BR)`];
}

/** Reads the templates of one mail in one locale. Adds a description of each fault that it finds to `faults`. */
async function loadLocale(
  mail: MailDefinition,
  locale: string,
  folders: readonly string[],
  faults: string[],
): Promise<Parts> {
  faults.push(...faultsOfLocale(mail, locale));
  async function load(part: Part): Promise<LazyTemplate> {
    return loadPart(mail, locale, part, folders).catch((error: unknown) => {
      faults.push(...(error instanceof MailTemplateError ? error.faults : [reason(error)]));
      return () => [];
    });
  }
  const [subject, text, html] = await Promise.all([load('subject.txt'), load('mail.txt'), load('mail.html')]);
  return { 'subject.txt': subject, 'mail.txt': text, 'mail.html': html };
}

/**
 * Loads the templates of all mails.
 * @param override TEMPLATE_FOLDER
 * @throws MailTemplateError with every fault found in that folder
 */
export async function loadMailTemplates(override?: string): Promise<MailTemplates> {
  const faults: string[] = override ? [...(await faultsOfFolder(override))] : [];
  const folders = override ? [BUILT_IN_TEMPLATES_FOLDER, override] : [BUILT_IN_TEMPLATES_FOLDER];
  const loaded = new Map<string, ByLocale>();
  for (const mail of allMailDefinitions) {
    const found = await Promise.all(folders.map((folder) => foldersIn(join(folder, mail.name))));
    const locales = new Map<string, Parts>();
    for (const locale of new Set(found.flat())) {
      locales.set(locale, await loadLocale(mail, locale, folders, faults));
    }
    loaded.set(mail.name, locales);
  }
  if (faults.length > 0) throw new MailTemplateError(faults);
  return templatesFrom(loaded);
}

/**
 * Returns the known locale that fits a requested locale best. For example, a request for pt or pt-PT gets pt-BR
 * rather than English.
 */
function closestTo(locale: string, known: readonly string[]): string {
  const { language } = parseLocale(locale);
  const close = known.filter((each) => parseLocale(each).language === language);
  return listFallbackLocales(locale).find((each) => close.includes(each)) ?? close[0] ?? 'en';
}

function templatesFrom(loaded: ReadonlyMap<string, ByLocale>): MailTemplates {
  return {
    localeFor(mail, locale) {
      const known = loaded.get(mail);
      // If the mail has templates in the requested locale, return this locale. Nearly every mail is in such a
      // locale, and finding the closest one is expensive.
      return known === undefined || known.has(locale) ? locale : closestTo(locale, [...known.keys()]);
    },
    locales: (mail) => [...(loaded.get(mail)?.keys() ?? [])].sort(),
    render(mail, locale, variables) {
      const parts = loaded.get(mail)?.get(locale);
      if (!parts) throw new MailTemplateError([`${mail}/${locale}: is missing`]);
      function fill(part: Part, template: LazyTemplate): string {
        return String(engineFor(part).renderSync(template(), variables));
      }
      return {
        subject: fill('subject.txt', parts['subject.txt']).replace(/\s+/g, ' ').trim(),
        html: fill('mail.html', parts['mail.html']),
        text: fill('mail.txt', parts['mail.txt']),
        locale,
      };
    },
  };
}
