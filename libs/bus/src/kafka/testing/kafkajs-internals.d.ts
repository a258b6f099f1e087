/** Internals of kafkajs with which the fault tests simulate rare responses of a broker. */
declare module 'kafkajs/src/broker/index.js' {
  class Broker {
    joinGroup(request: object): Promise<object>;
    heartbeat(request: object): Promise<object>;
    offsetCommit(request: object): Promise<object>;
    fetch(request: object): Promise<object>;
  }
  export = Broker;
}

declare module 'kafkajs/src/protocol/error.js' {
  export function createErrorFromCode(code: number): Error;
}

declare module 'kafkajs/src/errors.js' {
  export class KafkaJSGroupCoordinatorNotFound extends Error {}
}

declare module 'kafkajs/src/consumer/runner.js' {
  class Runner {
    constructor(options: { readonly [name: string]: unknown; onCrash(error: Error): void });
    start(): Promise<void>;
    stop(): Promise<void>;
  }
  export = Runner;
}

declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: { readonly level: number; logCreator(): () => void }): object;
}
