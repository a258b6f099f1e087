/**
 * Creates a function that starts each call only after the previous call has settled. Used if store and log are in this
 * process, where a dozen concurrent slices would block the event loop until all of them are done.
 */
export function runCallsOneAtATime<Subject>(
  work: (subject: Subject) => Promise<void>,
): (subject: Subject) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve();
  return (subject) => {
    const done = last.then(() => work(subject));
    last = done.catch(() => undefined);
    return done;
  };
}
