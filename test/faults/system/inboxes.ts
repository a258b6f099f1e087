/** The mailboxes of the people in a run: mails that the mail server has accepted. */

/** The parts of a received mail that the simulated people use. */
export interface InboxMail {
  readonly subject: string;
  readonly text: string;
  /** The token of the link in the mail. `leadsTo` is the page that the link opens, for example `verify`. */
  readonly token?: string;
  readonly leadsTo?: string;
}

export interface Inboxes {
  deliver(to: readonly string[], mail: InboxMail): void;
  /**
   * Waits for an unread mail to an address, and marks it as read.
   * @param wanted returns whether a mail is one to wait for
   * @returns undefined if no such mail arrives within `withinMs`
   */
  next(
    address: string,
    wanted: (mail: InboxMail) => boolean,
    withinMs: number,
  ): Promise<InboxMail | undefined>;
}

interface Reader {
  readonly wanted: (mail: InboxMail) => boolean;
  readonly read: (mail: InboxMail) => void;
}

/** The maximum number of unread mails to keep per address. */
const KEPT = 20;

export function createInboxes(): Inboxes {
  const boxes = new Map<string, InboxMail[]>();
  const readers = new Map<string, Set<Reader>>();

  function put(address: string, mail: InboxMail): void {
    const reader = [...(readers.get(address) ?? [])].find(({ wanted }) => wanted(mail));
    if (reader) reader.read(mail);
    else boxes.set(address, [...(boxes.get(address) ?? []), mail].slice(-KEPT));
  }

  /**
   * Removes and returns the newest mail of the wanted kind, because the links of older mails may be
   * superseded.
   */
  function take(address: string, wanted: (mail: InboxMail) => boolean): InboxMail | undefined {
    const box = boxes.get(address) ?? [];
    const found = box.findLast(wanted);
    if (found) boxes.set(address, box.toSpliced(box.indexOf(found), 1));
    return found;
  }

  return {
    deliver: (to, mail) => {
      for (const address of to) put(address, mail);
    },
    next: async (address, wanted, withinMs) => {
      const there = take(address, wanted);
      if (there) return there;
      const { promise, resolve } = Promise.withResolvers<InboxMail | undefined>();
      const waiting = readers.get(address) ?? new Set();
      const reader: Reader = { wanted, read: resolve };
      readers.set(address, waiting.add(reader));
      const timer = setTimeout(() => resolve(undefined), withinMs);
      const mail = await promise;
      clearTimeout(timer);
      waiting.delete(reader);
      if (waiting.size === 0) readers.delete(address);
      return mail;
    },
  };
}
