/** Renders the mail of a delivery from its template. */

import { type Brand, createPalette } from '@latchkey/brand';
import type { SealedContent } from '@latchkey/events';
import { formatInstantInWords } from '@latchkey/locale';
import { allMailDefinitions } from '../../mails/index.ts';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import { DEFAULT_BRAND_COLOR, linkVariableNames } from './define-mail.ts';
import type { MailLinks } from './links.ts';
import type { MailTemplates, RenderedMail } from './templates.ts';
import { formatDuration } from './words.ts';

/**
 * Renders a mail. @param link the decrypted link, for a mail with a link
 * @throws Error if this build does not know the mail, or one of its variables is missing
 */
export type RenderMail = (
  delivery: ClaimedDelivery,
  link: SealedContent | undefined,
  now: Date,
) => RenderedMail;

export interface MailRendererDeps {
  readonly templates: MailTemplates;
  readonly links: MailLinks;
  readonly brand: Brand;
}

const variablesByMail = new Map(allMailDefinitions.map(({ name, variables }) => [name, variables]));

function linkVariables(
  { purpose, token, expiresAt }: SealedContent,
  links: MailLinks,
  locale: string,
  now: Date,
) {
  const end = new Date(expiresAt);
  return {
    [linkVariableNames[purpose]]: links.forToken(purpose, token),
    expires_in: formatDuration(end.getTime() - now.getTime(), locale),
    expires_at: formatInstantInWords(end, locale),
  };
}

function brandVariables({ name, palette = createPalette(DEFAULT_BRAND_COLOR), logo }: Brand) {
  return {
    app_name: name,
    logo_url: logo?.url ?? '',
    color: palette.light.accent,
    color_on_dark: palette.dark.accent,
  };
}

export function createMailRenderer({ templates, links, brand }: MailRendererDeps): RenderMail {
  const look = brandVariables(brand);
  return ({ mail, content, occurredAt, ...delivery }, link, now) => {
    const variables = variablesByMail.get(mail);
    if (!variables) throw new Error(`there is no mail ${mail}`);
    const locale = templates.localeFor(mail, delivery.locale);
    const values = {
      ...content,
      ...look,
      home_url: links.home,
      locale,
      occurred_at: formatInstantInWords(occurredAt, locale),
      ...(link && linkVariables(link, links, locale, now)),
    };
    return templates.render(mail, locale, variables.parse(values));
  };
}
