/** A delivery as a mail: its template, filled in. */
import type { SealedContent } from '@latchkey/events';
import { instantInWords } from '@latchkey/locale';
import type { ClaimedDelivery } from '../delivery/delivery.ts';
import type { Links } from './links.ts';
import type { RenderedTemplates, Templates } from './templates.ts';
import type { Variables } from './variables.ts';
import { duration } from './words.ts';

/** @param link what was sealed, for mails that carry a link */
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

function linkVariables(link: SealedContent, links: Links, locale: string, now: Date): Variables {
  const url = links.forToken(link.purpose, link.token);
  const end = new Date(link.expiresAt);
  return {
    [link.purpose === 'verification' ? 'verify_url' : 'reset_url']: url,
    expires_in: duration(end.getTime() - now.getTime(), locale),
    expires_at: instantInWords(end, locale),
  };
}

export function createRenderer({ templates, links, appName }: RenderDeps): RenderMail {
  return (delivery, link, now) => {
    const { mail, content } = delivery;
    const locale = templates.localeFor(mail, delivery.locale);
    return templates.render(mail, locale, {
      app_name: appName,
      home_url: links.home,
      locale,
      occurred_at: instantInWords(delivery.occurredAt, locale),
      username: content.username ?? '',
      role: content.role ?? '',
      ...(link && linkVariables(link, links, locale, now)),
    });
  };
}
