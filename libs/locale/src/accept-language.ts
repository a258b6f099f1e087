/** An Accept-Language header that is longer than this, in characters, is ignored. */
const LONGEST_HEADER = 1000;

/**
 * Returns the languages of Accept-Language (RFC 9110, 12.5.4) as canonical language tags, the preferred one first.
 * Ranges that are malformed or excluded by `q=0`, and the range `*`, are left out.
 */
export function parseAcceptLanguage(header: string | undefined): readonly string[] {
  if (header === undefined || header.length > LONGEST_HEADER) return [];
  return header
    .split(',')
    .map(parseRange)
    .filter((range) => range !== undefined)
    .toSorted((a, b) => b.weight - a.weight)
    .map(({ locale }) => locale);
}

function parseRange(text: string): { readonly locale: string; readonly weight: number } | undefined {
  const [, tag = '', q = '1'] = /^\s*([A-Za-z\d-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(text) ?? [];
  const locale = canonicalTag(tag);
  const weight = Number(q);
  return locale === undefined || weight <= 0 || weight > 1 ? undefined : { locale, weight };
}

function canonicalTag(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag || [])[0];
  } catch {
    return undefined;
  }
}
