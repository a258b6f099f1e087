/** Reads mails through Mailpit's API, from the development mailbox of a server or from Mailpit itself. */
import { eventually } from './eventually.ts';

export interface Mail {
  readonly id: string;
  readonly messageId: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

export interface Mailbox {
  /** Returns all mails to an address, oldest first. */
  to(address: string): Promise<readonly Mail[]>;
  /** Waits for the n-th mail to an address with this subject. Default: the first mail. */
  next(address: string, subject: string, nth?: number, withinMs?: number): Promise<Mail>;
}

export function createMailbox(url: string): Mailbox {
  async function get<T>(path: string): Promise<T> {
    const response = await fetch(`${url}/api/v1${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  const to: Mailbox['to'] = async (address) => {
    const found = await get<{ messages: { ID: string }[] }>(
      `/search?query=${encodeURIComponent(`to:${address}`)}&limit=200`,
    );
    const ids = found.messages.map(({ ID }) => ID).reverse();
    return await Promise.all(
      ids.map(async (id) => {
        const { MessageID, Subject, HTML, Text } = await get<{
          MessageID: string;
          Subject: string;
          HTML: string;
          Text: string;
        }>(`/message/${id}`);
        return { id, messageId: MessageID, subject: Subject, html: HTML, text: Text };
      }),
    );
  };

  return {
    to,
    next: (address, subject, nth = 1, withinMs) =>
      eventually(
        `mail ${nth} "${subject}" to ${address}`,
        async () => {
          const mails = await to(address);
          return mails.filter((mail) => mail.subject === subject)[nth - 1];
        },
        withinMs,
      ),
  };
}

/** Returns the link in a mail. Fails unless the text and the button of the mail contain the same link. */
export function extractLink(mail: Mail): { readonly url: URL; readonly token: string } {
  const [link] =
    mail.text.match(
      /https?:\/\/\S+\/(?:verify|password-reset-confirm|erase|change-email|undo-email-change)\/[\w-]{64}/,
    ) ?? [];
  if (link === undefined) throw new Error(`there is no link in: ${mail.text}`);
  if (!mail.html.includes(`href="${link}"`)) throw new Error(`the button leads elsewhere than ${link}`);
  return { url: new URL(link), token: link.slice(-64) };
}
