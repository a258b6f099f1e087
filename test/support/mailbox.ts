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
  /** Waits for the n-th mail to an address with the given subject. Default: the first mail. */
  next(address: string, subject: string, nth?: number, withinMs?: number): Promise<Mail>;
}

export function createMailbox(url: string): Mailbox {
  async function get<T>(path: string): Promise<T> {
    const response = await fetch(`${url}/api/v1${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  /**
   * Returns the ids of all mails to an address, oldest first. With `subject`, returns only the mails with
   * this subject.
   */
  async function idsOf(address: string, subject?: string): Promise<readonly string[]> {
    const { messages } = await get<{ messages: { ID: string; Subject: string }[] }>(
      `/search?query=${encodeURIComponent(`to:${address}`)}&limit=200`,
    );
    const found = messages.filter(({ Subject }) => subject === undefined || Subject === subject);
    return found.map(({ ID }) => ID).reverse();
  }

  async function read(id: string): Promise<Mail> {
    const { MessageID, Subject, HTML, Text } = await get<{
      MessageID: string;
      Subject: string;
      HTML: string;
      Text: string;
    }>(`/message/${id}`);
    return { id, messageId: MessageID, subject: Subject, html: HTML, text: Text };
  }

  return {
    to: async (address) => Promise.all((await idsOf(address)).map(read)),
    next: async (address, subject, nth = 1, withinMs) => {
      const id = await eventually(
        `mail ${nth} "${subject}" to ${address}`,
        async () => (await idsOf(address, subject))[nth - 1],
        withinMs,
      );
      return read(id);
    },
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
