/**
 * The same work, begun only when the one before has come to its end, however that went. Where store and log live in
 * this process, a dozen slices at once would keep it from answering for as long as all of them take.
 */
export function oneAtATime<Subject>(
  work: (subject: Subject) => Promise<void>,
): (subject: Subject) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (subject) => {
    const done = last.then(() => work(subject));
    last = done.catch(() => undefined);
    return done;
  };
}
