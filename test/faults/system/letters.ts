/** The mailboxes of the people in a run: mails that the mail server has accepted. */

/** The parts of a mail that people use. */
export interface Letter {
  readonly subject: string;
  readonly text: string;
  /** The token of the link in the mail. `leadsTo` is the page that the link opens, for example `verify`. */
  readonly token?: string;
  readonly leadsTo?: string;
}

export interface Letters {
  deliver(to: readonly string[], letter: Letter): void;
  /**
   * Waits for an unread mail to an address, and marks it as read.
   * @returns undefined if none arrives in time
   */
  next(address: string, wanted: (letter: Letter) => boolean, withinMs: number): Promise<Letter | undefined>;
}

interface Reader {
  readonly wanted: (letter: Letter) => boolean;
  readonly read: (letter: Letter) => void;
}

/** The maximum number of unread mails to keep per address. */
const KEPT = 20;

export function createLetters(): Letters {
  const boxes = new Map<string, Letter[]>();
  const readers = new Map<string, Set<Reader>>();

  function put(address: string, letter: Letter): void {
    const reader = [...(readers.get(address) ?? [])].find(({ wanted }) => wanted(letter));
    if (reader) reader.read(letter);
    else boxes.set(address, [...(boxes.get(address) ?? []), letter].slice(-KEPT));
  }

  /** Removes and returns the newest wanted mail, because the links of older ones may be superseded. */
  function take(address: string, wanted: (letter: Letter) => boolean): Letter | undefined {
    const box = boxes.get(address) ?? [];
    const found = box.findLast(wanted);
    if (found) boxes.set(address, box.toSpliced(box.indexOf(found), 1));
    return found;
  }

  return {
    deliver: (to, letter) => {
      for (const address of to) put(address, letter);
    },
    next: async (address, wanted, withinMs) => {
      const there = take(address, wanted);
      if (there) return there;
      const { promise, resolve } = Promise.withResolvers<Letter | undefined>();
      const waiting = readers.get(address) ?? new Set();
      const reader: Reader = { wanted, read: resolve };
      readers.set(address, waiting.add(reader));
      const timer = setTimeout(() => resolve(undefined), withinMs);
      const letter = await promise;
      clearTimeout(timer);
      waiting.delete(reader);
      if (waiting.size === 0) readers.delete(address);
      return letter;
    },
  };
}
