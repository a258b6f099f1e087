import { useSyncExternalStore } from 'react';
import { latchkey } from './latchkey.ts';

function subscribe(changed: () => void): () => void {
  const ends = (['signedIn', 'signedOut', 'expired'] as const).map((event) => latchkey.on(event, changed));
  return () => {
    for (const end of ends) end();
  };
}

/** Returns the session, which also changes if another tab signs in or out; undefined if nobody is signed in. */
export function useSession() {
  return useSyncExternalStore(subscribe, latchkey.session);
}
