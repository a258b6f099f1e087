/** What headers-at-once.ts reaches into kafkajs for. */
declare module 'kafkajs/src/protocol/decoder.js' {
  class Decoder {
    constructor(buffer: Buffer);
    readVarIntArray(reader: (decoder: Decoder) => Decoder.Header): Decoder.Header[];
  }
  namespace Decoder {
    interface Header {
      readonly key: string;
      readonly value: Buffer | null;
    }
  }
  export = Decoder;
}
