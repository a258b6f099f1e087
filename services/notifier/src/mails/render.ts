/** Fills in the template of a delivery's mail. */
import type { SealedContent } from '@latchkey/events';
import { instantInWords } from '@latchkey/locale';
import { mails } from '../../mails/index.ts';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import { urlVariable } from './define-mail.ts';
import type { Links } from './links.ts';
import type { RenderedTemplates, Templates } from './templates.ts';
import { duration } from './words.ts';

/**
 * Renders a mail. @param link the decrypted link, for a mail with a link
 * @throws Error if this build does not know the mail, or one of its variables is missing
 */
export type RenderMail = (
  delivery: ClaimedDelivery,
  link: SealedContent | undefined,
  now: Date,
) => RenderedTemplates;

export interface RenderDeps {
  readonly templates: Templates;
  readonly links: Links;
  /** MAIL_FROM_NAME */
  readonly appName: string;
}

const variablesByMail = new Map(mails.map(({ name, variables }) => [name, variables]));

function linkVariables(
  { purpose, token, expiresAt }: SealedContent,
  links: Links,
  locale: string,
  now: Date,
) {
  const end = new Date(expiresAt);
  return {
    [urlVariable[purpose]]: links.forToken(purpose, token),
    expires_in: duration(end.getTime() - now.getTime(), locale),
    expires_at: instantInWords(end, locale),
  };
}

export function createRenderer({ templates, links, appName }: RenderDeps): RenderMail {
  return ({ mail, content, occurredAt, ...delivery }, link, now) => {
    const variables = variablesByMail.get(mail);
    if (!variables) throw new Error(`there is no mail ${mail}`);
    const locale = templates.localeFor(mail, delivery.locale);
    const values = {
      ...content,
      app_name: appName,
      home_url: links.home,
      locale,
      occurred_at: instantInWords(occurredAt, locale),
      ...(link && linkVariables(link, links, locale, now)),
    };
    return templates.render(mail, locale, variables.parse(values));
  };
}
