/** The events of a client, and its listeners. */
import type { Session } from './session.ts';

/** The events of a client, by name, with the value that listeners receive. */
export interface Events {
  /** A person has signed in, in this tab or in another one. */
  readonly signedIn: Session;
  /**
   * The session has ended because the person has signed out, or because another person has signed in, in this
   * tab or another one.
   */
  readonly signedOut: undefined;
  /** The session has expired or was revoked. The app should ask for the password again. */
  readonly expired: undefined;
  /** The `user` of the session has changed: its address was verified or changed, or its role was changed. */
  readonly userUpdated: Session;
}

export interface ClientEventEmitter {
  /** Adds a listener. @returns a function that removes the listener */
  on<Name extends keyof Events>(name: Name, listener: (value: Events[Name]) => void): () => void;
  /**
   * Calls the listeners of an event. If a listener throws, logs its error and continues with the next
   * listener.
   */
  emit<Name extends keyof Events>(name: Name, value: Events[Name]): void;
}

type Listeners = { readonly [Name in keyof Events]: Set<(value: Events[Name]) => void> };

/** Creates an emitter that has no listeners yet. */
export function createClientEventEmitter(): ClientEventEmitter {
  const listeners: Listeners = {
    signedIn: new Set(),
    signedOut: new Set(),
    expired: new Set(),
    userUpdated: new Set(),
  };
  return {
    on(name, listener) {
      listeners[name].add(listener);
      return () => void listeners[name].delete(listener);
    },
    emit(name, value) {
      for (const listener of listeners[name]) {
        try {
          listener(value);
        } catch (error) {
          console.error(error);
        }
      }
    },
  };
}
