/** Going through everything in parts, so that what is held at a time is bounded. */

/** Whether an account or a mailing belongs to a part. */
export type Concerns = (subject: string) => boolean;

/** Parts of about the same size, each subject in one of them, so many that none has much more than `atOnce` records. */
export function passesOver(records: number, atOnce: number): readonly Concerns[] {
  const many = Math.max(1, Math.ceil(records / atOnce));
  return Array.from({ length: many }, (_, part) => (subject) => partOf(subject) % many === part);
}

/** The end of a UUIDv7 is random. Texts that are no UUID are in one part, too. */
function partOf(subject: string): number {
  return Number.parseInt(subject.slice(-6), 16) || 0;
}
